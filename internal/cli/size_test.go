package cli

import (
	"testing"

	"assay.invalid/internal/assay"
)

func TestByteSize(t *testing.T) {
	cases := []struct {
		name, text string
		want       int64
		shown      string
	}{
		{"gigabytes", "20GB", 20e9, "20GB"},
		{"small letters", "5 mb", 5e6, "5MB"},
		{"powers of 1024", "1GiB", 1 << 30, "1073741824"},
		{"bytes", "123", 123, "123"},
		{"bytes with a unit", "2048B", 2048, "2048"},
		{"none", "0", 0, "0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var s byteSize
			if err := s.Set(c.text); err != nil || int64(s) != c.want || s.String() != c.shown {
				t.Errorf("%q is %d, shown %q (%v); want %d, %q", c.text, s, s.String(), err, c.want, c.shown)
			}
		})
	}
	for _, text := range []string{"", "GB", "20 apples", "-1GB", "1.5GB", "99999999999TB", "20GG", "0x10"} {
		s := byteSize(7)
		if err := s.Set(text); !assay.Is(err, assay.Invalid) || s != 7 {
			t.Errorf("%q: %v, and the size is %d; want Invalid and no change", text, err, s)
		}
	}
}

func FuzzByteSize(f *testing.F) {
	for _, seed := range []string{"20GB", "1kib", "9223372036854775807", "9223372036854775807TB", " 1 B", "İB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s, again byteSize
		if s.Set(text) != nil {
			return
		}
		if s < 0 {
			t.Errorf("%q is %d", text, s)
		}
		if err := again.Set(s.String()); err != nil || again != s {
			t.Errorf("%q is %d, its own text %q is %d (%v)", text, s, s.String(), again, err)
		}
	})
}
