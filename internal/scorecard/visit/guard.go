package visit

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"assay.invalid/internal/scorecard"
)

// guard judges the address that is about to be dialled for a host.
func (v *Visitor) guard(host, asked string) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fault(scorecard.NotAllowed, err, fmt.Sprintf("%s leads to an address that cannot be read", host))
		}
		ip := at.Addr().Unmap()
		switch {
		case v.cfg.Acting && !ip.IsLoopback() && !v.mayTest(host):
			// A trial does what must not work. On a host that nobody said
			// may be tested it would be an attack, also when the name was
			// of this machine a second ago.
			return fault(scorecard.NotAllowed, nil, fmt.Sprintf(
				"%s is %s, which is not this machine: trials go there only with --i-may-test %s", host, ip, host))
		case v.hosts[strings.ToLower(asked)], v.cfg.Acting:
			return nil
		case v.cfg.Proxy != nil && !v.named(host):
			// The proxy of this machine's own settings.
			return nil
		case !public(ip):
			// The subject names where its files lie. It must not make us
			// ask the machines of our own network.
			return fault(scorecard.NotAllowed, nil, fmt.Sprintf(
				"the subject points to %s at %s, which is not on the open internet", host, ip))
		}
		return nil
	}
}

// named reports whether a host was named by a request rather than by the
// proxy settings.
func (v *Visitor) named(host string) bool {
	_, ok := v.asked.Load(strings.ToLower(host))
	return ok
}

// permit says whether a request may be made at all.
func (v *Visitor) permit(u *url.URL, r scorecard.Request) *scorecard.Fault {
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return fault(scorecard.NotAllowed, nil, fmt.Sprintf("%q is not an http address", clean(u)))
	}
	v.asked.Store(strings.ToLower(u.Hostname()), true)
	if v.hosts[hostPort(u)] {
		return nil
	}
	switch {
	case v.cfg.Acting && sameMachine(u, v.hosts):
		// An instance that a driver started has more than one door.
		return nil
	case v.cfg.Acting:
		return fault(scorecard.NotAllowed, nil, fmt.Sprintf("%s is not the subject: trials go nowhere else", u.Host))
	case r.As.Secret != "":
		return fault(scorecard.NotAllowed, nil, fmt.Sprintf("%s is not the subject: no credential goes there", u.Host))
	case r.Method != "" && r.Method != "GET" && r.Method != "HEAD":
		return fault(scorecard.NotAllowed, nil, fmt.Sprintf("%s is not the subject: it is only read", u.Host))
	}
	return nil
}

// sameMachine reports whether an address and one of the hosts are both
// literal loopback addresses.
func sameMachine(u *url.URL, hosts map[string]bool) bool {
	if !loopback(u.Hostname()) {
		return false
	}
	for h := range hosts {
		if host, _, err := net.SplitHostPort(h); err == nil && loopback(host) {
			return true
		}
	}
	return false
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// Loopback reports whether an address names this machine.
func Loopback(address string) bool {
	u, err := url.Parse(address)
	return err == nil && loopback(u.Hostname())
}

// clean is an address without what is secret in it.
func clean(u *url.URL) string {
	c := *u
	c.User = nil
	c.Fragment = ""
	return c.String()
}
