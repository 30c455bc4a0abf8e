package adopt

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Self is where this Assay can be reached.
type Self struct {
	// Listen is the address listened on; the zero value means none yet.
	Listen netip.AddrPort
	// Public is the base URL given for people, nil if none.
	Public *url.URL
	// Resolver turns names into addresses; nil means the machine's.
	Resolver interface {
		LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	}
}

// resolveTimeout bounds a look-up: a name that nobody can resolve now is no
// reason to hold up the start, and is not our own.
const resolveTimeout = 2 * time.Second

// Is tells whether a URL leads back to ourselves. After somebody has pointed
// npm or go at Assay, what they say is our own address; adopting it would make
// every request ask itself.
func (s Self) Is(ctx context.Context, u *url.URL) bool {
	if s.Public != nil && strings.EqualFold(s.Public.Hostname(), u.Hostname()) && portOf(s.Public) == portOf(u) &&
		strings.HasPrefix(u.Path, strings.TrimSuffix(s.Public.Path, "/")+"/") {
		return true
	}
	if !s.Listen.IsValid() || portOf(u) != portOf(&url.URL{Host: s.Listen.String()}) {
		return false
	}
	here := s.Listen.Addr().Unmap()
	for _, ip := range s.addresses(ctx, u.Hostname()) {
		ip = ip.Unmap().WithZone("")
		switch {
		case ip == here.WithZone(""):
			return true
		case ip.IsUnspecified() && (here.IsLoopback() || here.IsUnspecified()):
			return true // 0.0.0.0 as a destination is this machine
		case here.IsUnspecified() && (ip.IsLoopback() || onThisMachine(ip)):
			return true
		}
	}
	return false
}

func (s Self) addresses(ctx context.Context, host string) []netip.Addr {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}
	}
	resolver := s.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	ips, err := resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	return ips
}

func onThisMachine(ip netip.Addr) bool {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Unmap().WithZone("") == ip {
			return true
		}
	}
	return false
}

func portOf(u *url.URL) string {
	switch port := u.Port(); {
	case port != "":
		return port
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
