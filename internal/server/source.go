package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
)

// sources counts, for each source of requests, those that wait for their
// answer to begin. An entry lives as long as a connection or request of the
// source, so the table is bounded by the connections.
type sources struct {
	limit   int32
	proxies []netip.Prefix

	mu     sync.Mutex
	byAddr map[netip.Addr]*source
}

// source is one IPv4 address or IPv6 /64.
type source struct {
	addr    netip.Addr
	waiting atomic.Int32
	users   int // guarded by sources.mu
}

func newSources(limit int, proxies []netip.Prefix) *sources {
	return &sources{limit: int32(min(limit, 1<<30)), proxies: proxies, byAddr: map[netip.Addr]*source{}}
}

// enter returns the source of an address; leave must follow.
func (s *sources) enter(addr netip.Addr) *source {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		// One subscriber has a /64: counting addresses would count nothing.
		if p, err := addr.Prefix(64); err == nil {
			addr = p.Addr()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.byAddr[addr]
	if found == nil {
		found = &source{addr: addr}
		s.byAddr[addr] = found
	}
	found.users++
	return found
}

func (s *sources) leave(src *source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if src.users--; src.users == 0 {
		delete(s.byAddr, src.addr)
	}
}

// wait counts one more waiting request, unless there are too many.
func (s *sources) wait(src *source) bool {
	if src.waiting.Add(1) > s.limit {
		src.waiting.Add(-1)
		return false
	}
	return true
}

// trusts tells whether the address is a configured proxy's.
func (s *sources) trusts(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, p := range s.proxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// maxForwarded is how many hops of X-Forwarded-For are read.
const maxForwarded = 32

// behind returns the client behind a trusted proxy: the last address of
// X-Forwarded-For that is no proxy of ours. Those before it are the client's
// own claims, and a claim must not choose which source is counted.
func (s *sources) behind(proxy netip.Addr, h http.Header) netip.Addr {
	hops := strings.Split(strings.Join(h["X-Forwarded-For"], ","), ",")
	for i := len(hops) - 1; i >= max(0, len(hops)-maxForwarded); i-- {
		addr, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return proxy
		}
		if !s.trusts(addr) {
			return addr
		}
	}
	return proxy
}

// stripForwarded takes out what only a proxy may say. An adapter or page
// that looked at it would believe the client about itself.
func stripForwarded(h http.Header) {
	for _, name := range [...]string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port",
		"X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Real-Ip"} {
		delete(h, name)
	}
}

func remoteOf(c net.Conn) netip.Addr {
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
