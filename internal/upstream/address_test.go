package upstream

import (
	"net/netip"
	"testing"
)

func TestReach(t *testing.T) {
	cases := []struct {
		name, addr string
		want       reach
	}{
		{"an ordinary address", "93.184.215.14", public},
		{"a public resolver", "8.8.8.8", public},
		{"an ordinary IPv6 address", "2606:2800:21f:cb07::1", public},
		{"mapped public", "::ffff:8.8.8.8", public},
		{"last public before multicast", "223.255.255.255", public},
		{"just below carrier-grade NAT", "100.63.255.255", public},
		{"just above 172.16/12", "172.32.0.0", public},

		{"loopback", "127.0.0.1", private},
		{"all of loopback", "127.255.3.4", private},
		{"ten", "10.0.0.1", private},
		{"172.16/12 at its end", "172.31.255.255", private},
		{"192.168/16", "192.168.1.1", private},
		{"carrier-grade NAT", "100.64.0.1", private},
		{"a cloud's metadata in carrier-grade NAT", "100.100.100.200", private},
		{"a cloud's host services", "168.63.129.16", private},
		{"protocol assignments", "192.0.0.192", private},
		{"documentation 1", "192.0.2.1", private},
		{"documentation 2", "198.51.100.1", private},
		{"documentation 3", "203.0.113.1", private},
		{"benchmarks", "198.19.0.1", private},
		{"6to4 relay", "192.88.99.1", private},
		{"reserved", "240.0.0.1", private},
		{"IPv6 loopback", "::1", private},
		{"unique local", "fd00::1", private},
		{"unique local metadata", "fd00:ec2::254", private},
		{"site-local", "fec0::1", private},
		{"discard", "100::1", private},
		{"Teredo", "2001::1", private},
		{"ORCHID", "2001:20::1", private},
		{"documentation 6", "2001:db8::1", private},
		{"documentation 6, new", "3fff::1", private},
		{"6to4 of a public address", "2002:808:808::1", private},
		{"6to4 of loopback", "2002:7f00:1::1", private},
		{"NAT64 of a public address", "64:ff9b::8.8.8.8", private},
		{"NAT64 of ten", "64:ff9b::10.0.0.1", private},
		{"local NAT64", "64:ff9b:1::1", private},
		{"mapped loopback", "::ffff:127.0.0.1", private},
		{"mapped ten", "::ffff:10.1.2.3", private},
		{"mapped carrier-grade NAT", "::ffff:100.64.0.1", private},
		{"IPv4-compatible", "::8.8.8.8", private},
		{"IPv4-translated", "::ffff:0:8.8.8.8", private},
		{"outside what is given out", "4000::1", private},
		{"segment routing", "5f00::1", private},

		{"unspecified", "0.0.0.0", forbidden},
		{"this network", "0.1.2.3", forbidden},
		{"unspecified IPv6", "::", forbidden},
		{"cloud metadata", "169.254.169.254", forbidden},
		{"mapped cloud metadata", "::ffff:169.254.169.254", forbidden},
		{"NAT64 of cloud metadata", "64:ff9b::169.254.169.254", forbidden},
		{"6to4 of cloud metadata", "2002:a9fe:a9fe::1", forbidden},
		{"IPv4-compatible cloud metadata", "::169.254.169.254", forbidden},
		{"translated cloud metadata", "::ffff:0:169.254.169.254", forbidden},
		{"link-local", "fe80::1", forbidden},
		{"link-local with a zone", "fe80::1%eth0", forbidden},
		{"multicast", "224.0.0.1", forbidden},
		{"multicast IPv6", "ff02::1", forbidden},
		{"broadcast", "255.255.255.255", forbidden},
	}
	for _, c := range cases {
		if got := reachOf(netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("%s: reach of %s is %d, want %d", c.name, c.addr, got, c.want)
		}
	}
	if reachOf(netip.Addr{}) != forbidden {
		t.Error("no address at all is not forbidden")
	}
}

// FuzzReach compares with the standard library's own notions, which must all
// be narrower than ours, and checks that no wrapping makes an address public.
func FuzzReach(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "8.8.8.8", "169.254.169.254", "::1", "fe80::1%eth0", "2606:4700::1", "64:ff9b::1.2.3.4", "::ffff:10.0.0.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return
		}
		far := reachOf(addr)
		if far == public {
			if !addr.Unmap().IsGlobalUnicast() || addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsMulticast() || addr.IsUnspecified() {
				t.Errorf("%s is judged public", addr)
			}
		}
		if !addr.Is4() {
			return
		}
		a := addr.As4()
		mapped := netip.AddrFrom16(addr.As16())
		if reachOf(mapped) != far {
			t.Errorf("%s is judged unlike %s", mapped, addr)
		}
		for name, prefix := range map[string][]byte{
			"NAT64": {0, 0x64, 0xff, 0x9b}, "compatible": {}, "translated": {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff},
		} {
			var b [16]byte
			copy(b[:], prefix)
			copy(b[12:], a[:])
			if wrapped := netip.AddrFrom16(b); isPublic(wrapped) || far == forbidden && reachOf(wrapped) != forbidden && wrapped != netip.IPv6Loopback() {
				t.Errorf("%s form %s of %s is judged %d", name, wrapped, addr, reachOf(wrapped))
			}
		}
	})
}
