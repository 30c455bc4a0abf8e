package upstream

import "net/netip"

// reach says how far away an IP address is, from the guard's point of view.
type reach uint8

const (
	// public is a unicast address of the open network.
	public reach = iota
	// private is everything that only means something nearby: loopback,
	// private networks, addresses that carry another one inside.
	private
	// forbidden is what no package repository lives at: link-local (the
	// metadata service of most clouds is 169.254.169.254), multicast,
	// unspecified and broadcast addresses. Even the origin's own name may
	// not resolve to one.
	forbidden
)

// block is a range of addresses and how far away it is.
type block struct {
	prefix netip.Prefix
	reach  reach
}

// special4 are the special parts of IPv4, the first match counts; all the
// rest is public. Never written to.
var special4 = []block{
	{netip.MustParsePrefix("0.0.0.0/8"), forbidden},      // "this network"; 0.0.0.0 reaches the machine itself
	{netip.MustParsePrefix("10.0.0.0/8"), private},       // RFC 1918
	{netip.MustParsePrefix("100.64.0.0/10"), private},    // carrier-grade NAT, RFC 6598; metadata in one cloud
	{netip.MustParsePrefix("127.0.0.0/8"), private},      // loopback
	{netip.MustParsePrefix("168.63.129.16/32"), private}, // one cloud's host services, under a public number
	{netip.MustParsePrefix("169.254.0.0/16"), forbidden}, // link-local: cloud metadata
	{netip.MustParsePrefix("172.16.0.0/12"), private},    // RFC 1918
	{netip.MustParsePrefix("192.0.0.0/24"), private},     // protocol assignments, RFC 6890
	{netip.MustParsePrefix("192.0.2.0/24"), private},     // documentation, RFC 5737
	{netip.MustParsePrefix("192.88.99.0/24"), private},   // 6to4 relays, RFC 7526
	{netip.MustParsePrefix("192.168.0.0/16"), private},   // RFC 1918
	{netip.MustParsePrefix("198.18.0.0/15"), private},    // benchmarks, RFC 2544
	{netip.MustParsePrefix("198.51.100.0/24"), private},  // documentation
	{netip.MustParsePrefix("203.0.113.0/24"), private},   // documentation
	{netip.MustParsePrefix("224.0.0.0/4"), forbidden},    // multicast
	{netip.MustParsePrefix("255.255.255.255/32"), forbidden},
	{netip.MustParsePrefix("240.0.0.0/4"), private}, // reserved, RFC 1112
}

// special6 are the special parts of IPv6, the first match counts. The list
// ends with everything but 2000::/3, the only part from which public unicast
// addresses are given out. Never written to.
var special6 = []block{
	{netip.MustParsePrefix("::/128"), forbidden},
	{netip.MustParsePrefix("fe80::/10"), forbidden},   // link-local
	{netip.MustParsePrefix("ff00::/8"), forbidden},    // multicast
	{netip.MustParsePrefix("2001::/23"), private},     // protocol assignments: Teredo, ORCHID, benchmarks
	{netip.MustParsePrefix("2001:db8::/32"), private}, // documentation
	{netip.MustParsePrefix("2002::/16"), private},     // 6to4: an IPv4 address inside
	{netip.MustParsePrefix("3fff::/20"), private},     // documentation, RFC 9637
	{netip.MustParsePrefix("2000::/3"), public},
	{netip.MustParsePrefix("::/0"), private}, // loopback, NAT64, unique local, site-local, discard, ...
}

// carriers are the IPv6 ranges that carry an IPv4 address, and the byte at
// which it starts: an address in them is at least as forbidden as the one
// inside. Never written to.
var carriers = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("::/96"), 12},           // IPv4-compatible, RFC 4291
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12}, // IPv4-translated, RFC 2765
	{netip.MustParsePrefix("64:ff9b::/96"), 12},    // NAT64, RFC 6052
	{netip.MustParsePrefix("2002::/16"), 2},        // 6to4, RFC 3056
}

// reachOf judges an address. IPv4-mapped IPv6 addresses (::ffff:a.b.c.d) are
// judged as the IPv4 address that the kernel makes of them.
func reachOf(addr netip.Addr) reach {
	if !addr.IsValid() {
		return forbidden
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return reachIn(special4, addr)
	}
	far := reachIn(special6, addr)
	bytes := addr.As16()
	for _, c := range carriers {
		if !c.prefix.Contains(addr) {
			continue
		}
		inner := netip.AddrFrom4([4]byte(bytes[c.at : c.at+4]))
		// ::1 lies in the IPv4-compatible range but is loopback.
		if addr != netip.IPv6Loopback() && reachIn(special4, inner) == forbidden {
			far = forbidden
		}
	}
	return far
}

func reachIn(blocks []block, addr netip.Addr) reach {
	for _, b := range blocks {
		if b.prefix.Contains(addr) {
			return b.reach
		}
	}
	return public
}

// isPublic tells whether a host that nobody configured may live at the address.
func isPublic(addr netip.Addr) bool { return reachOf(addr) == public }
