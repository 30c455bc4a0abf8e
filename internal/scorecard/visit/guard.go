package visit

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"unicode"

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
		case ip.IsLinkLocalUnicast() && !literal(host):
			// There lies what a cloud tells its own machines, with their
			// credentials. No repository is there, and a name that leads
			// there is a trap, be it the subject's own.
			return fault(scorecard.NotAllowed, nil, fmt.Sprintf(
				"%s leads to %s, an address of the local link, where no package repository is", host, ip))
		case v.hosts[strings.ToLower(asked)]:
			return v.steady(asked, host, ip)
		case v.cfg.Acting:
			return nil
		case v.proxies.has(asked):
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

// steady refuses a subject of the open internet whose name leads into our own
// network a moment later: that is how a name is made to reach what only this
// machine can (DNS rebinding). A subject that was in our own network from the
// beginning was put there by whoever named it.
func (v *Visitor) steady(asked, host string, ip netip.Addr) error {
	was, _ := v.first.LoadOrStore(strings.ToLower(asked), public(ip))
	if was == true && !public(ip) {
		return fault(scorecard.NotAllowed, nil, fmt.Sprintf(
			"%s led to the open internet before and leads to %s now, so it was not asked", host, ip))
	}
	return nil
}

// literal reports whether a host is an address and no name.
func literal(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// throughProxy is the proxy for a request. What is not the subject and is
// plainly not on the open internet is refused here already: the proxy would
// dial it where the guard cannot see.
func (v *Visitor) throughProxy(r *http.Request) (*url.URL, error) {
	proxy, err := v.cfg.Proxy(r)
	if err != nil || proxy == nil {
		return proxy, err
	}
	if host := r.URL.Hostname(); !v.hosts[hostPort(r.URL)] {
		ip, err := netip.ParseAddr(host)
		if loopback(host) || !strings.Contains(host, ".") && err != nil || err == nil && !public(ip) {
			return nil, fault(scorecard.NotAllowed, nil, fmt.Sprintf(
				"the subject points to %s, which is not on the open internet", host))
		}
	}
	v.proxies.add(proxy)
	return proxy, nil
}

// proxySet are the proxies that the settings named so far.
type proxySet struct{ at sync.Map }

func (s *proxySet) add(u *url.URL) {
	at := hostPort(u)
	if u.Port() == "" && strings.HasPrefix(u.Scheme, "socks5") {
		at = net.JoinHostPort(strings.ToLower(u.Hostname()), "1080")
	}
	s.at.Store(at, true)
}

func (s *proxySet) has(asked string) bool {
	_, ok := s.at.Load(strings.ToLower(asked))
	return ok
}

// permit says whether a request may be made at all.
func (v *Visitor) permit(u *url.URL, r scorecard.Request) *scorecard.Fault {
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return fault(scorecard.NotAllowed, nil, fmt.Sprintf("%q is not an http address", scorecard.Words(clean(u))))
	}
	for _, letter := range u.Hostname() {
		if letter > unicode.MaxASCII {
			// Other letters become ASCII on the way: "127.0.0.1" written
			// with wide digits would be judged as a name and dialled as
			// this machine.
			return fault(scorecard.NotAllowed, nil, fmt.Sprintf("%q is not the name of a host in ASCII", scorecard.Words(u.Hostname())))
		}
	}
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
