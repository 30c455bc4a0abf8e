package server

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"assay.invalid/internal/assay"
)

// Listen opens the listen address, host:port, and says in words why it
// cannot: a port in use is Conflict, a port that needs rights is Forbidden,
// anything wrong with the address is Invalid.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "%q is not a listen address: write host and port, such as %s", address, DefaultListen)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, assay.Errorf(assay.Invalid, "%q is not a port: write a number from 0 (any free port) to 65535", port)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, port))
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, assay.Wrap(assay.Conflict, err,
			"port %s is already in use on %s, perhaps by another Assay: stop that program, or choose another port with --listen %s",
			port, hostInWords(host), net.JoinHostPort(host, strconv.FormatUint(min(number+1, 65535), 10)))
	case errors.Is(err, syscall.EACCES):
		return nil, assay.Wrap(assay.Forbidden, err,
			"this user may not listen on port %s: choose a port above 1023 with --listen", port)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, assay.Wrap(assay.Invalid, err,
			"%s is not an address of this machine: choose one that is with --listen, such as %s", hostInWords(host), DefaultListen)
	}
	return nil, assay.Wrap(assay.Invalid, err, "cannot listen on %s: %v", address, err)
}

func hostInWords(host string) string {
	if host == "" {
		return "this machine"
	}
	return host
}

// BaseURL is the address that clients use, ending in a slash: the public URL
// where one is set, else the listen address. It is never taken from a
// request: an attacker's Host header would then stand in cached answers. A
// listener on all interfaces has no address to give out, and needs a public
// URL (kind Invalid).
func BaseURL(publicURL string, listen net.Addr, tls bool) (string, error) {
	if publicURL != "" {
		u, err := readPublicURL(publicURL)
		if err != nil {
			return "", err
		}
		return u.Scheme + "://" + u.Host + "/", nil
	}
	addr, err := netip.ParseAddrPort(listen.String())
	if err != nil {
		return "", assay.Wrap(assay.Internal, err, "the listen address %s is no IP address and port", listen)
	}
	if addr.Addr().IsUnspecified() {
		return "", assay.Errorf(assay.Invalid,
			"Assay listens on all interfaces, so it does not know the address that clients use: say it with --public-url, such as http://packages.example:%d", addr.Port())
	}
	if tls {
		return "https://" + addr.String() + "/", nil
	}
	return "http://" + addr.String() + "/", nil
}

// readPublicURL allows what can be put before a path, and nothing else.
func readPublicURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Hostname() == "" {
		return nil, assay.Errorf(assay.Invalid, "%q is not a public URL: write scheme and host, such as https://packages.example", s)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return nil, assay.Errorf(assay.Invalid, "the public URL %q has more than scheme, host and port: Assay answers at the root of a host", u.Redacted())
	}
	u.Host = strings.ToLower(u.Host)
	return u, nil
}

// isLoopback tells whether only this machine can reach the listen address.
func isLoopback(listen net.Addr) bool {
	addr, err := netip.ParseAddrPort(listen.String())
	return err == nil && addr.Addr().Unmap().IsLoopback()
}

// hostTable holds the Host headers that a listener answers to. Checking them
// stops DNS rebinding: a hostile page whose name is made to point at this
// machine still sends its own name.
type hostTable map[string]bool

func newHostTable(base string, listen net.Addr) hostTable {
	t := hostTable{}
	u, err := url.Parse(base)
	if err != nil {
		return t // base is made by BaseURL; with nothing in it all is refused
	}
	defaultPort := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	add := func(host, port string) {
		t[net.JoinHostPort(host, port)] = true
		if port == defaultPort {
			if strings.Contains(host, ":") {
				host = "[" + host + "]"
			}
			t[host] = true
		}
	}
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	add(u.Hostname(), port)
	if isLoopback(listen) {
		if _, own, err := net.SplitHostPort(listen.String()); err == nil {
			for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
				add(host, own)
			}
		}
	}
	return t
}

// has tells whether host is one of the table's. Case does not matter in host
// names (RFC 9110, section 4.2.3); the common spelling costs one look-up.
func (t hostTable) has(host string) bool {
	return t[host] || len(host) <= 260 && t[strings.ToLower(host)]
}
