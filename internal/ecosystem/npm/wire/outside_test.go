package wire

import (
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestIntegrityDigest(t *testing.T) {
	other := "sha512-" + strings.Repeat("A", 86) + "=="
	for _, c := range []struct{ what, text, want string }{
		{"one", integrity, "sha512:" + sha512Hex},
		{"with options", integrity + "?foo", "sha512:" + sha512Hex},
		{"beside a weaker one", "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0= " + integrity, "sha512:" + sha512Hex},
		{"two equally strong: the first", integrity + " " + other, "sha512:" + sha512Hex},
		{"weak alone", "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "sha1:" + shasum},
		{"of the wrong length", "sha512-AAAA", ""},
		{"not base64", "sha512-!!!!", ""},
		{"of an unknown algorithm", "crc32-AAAA", ""},
		{"empty", "", ""},
	} {
		if got := integrityDigest(c.text); string(got) != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

func FuzzIntegrity(f *testing.F) {
	f.Add(integrity)
	f.Add("sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0= sha512-x")
	f.Fuzz(func(t *testing.T, text string) {
		if d := integrityDigest(text); d != "" {
			if again, err := assay.ParseDigest(string(d)); err != nil || again != d {
				t.Fatalf("%q gives %q, which reads as %q, %v", text, d, again, err)
			}
		}
	})
}

func FuzzAuditNames(f *testing.F) {
	f.Add([]byte(`{"lodash":["4.17.20"]}`), false)
	f.Add([]byte(`{"name":"x","requires":{"a":"1"},"dependencies":{"a":{"requires":true,"dependencies":{"b":{}}}}}`), true)
	f.Fuzz(func(t *testing.T, body []byte, tree bool) {
		names, err := AuditNames(body, tree)
		if err != nil {
			if !assay.Is(err, assay.Invalid) || names != nil {
				t.Fatalf("%v, %v is not of kind Invalid", names, err)
			}
			return
		}
		sorted := slices.Clone(names)
		slices.Sort(sorted)
		if len(slices.Compact(sorted)) != len(names) {
			t.Fatalf("%q names a package twice: %q", body, names)
		}
	})
}

func FuzzCheckTarball(f *testing.F) {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	if _, err := zw.Write(make([]byte, 2048)); err != nil {
		f.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\x00\xff\xff"))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := CheckTarball(bytes.NewReader(content), int64(len(content))); err != nil && !assay.Is(err, assay.Unsound) {
			t.Fatalf("%v is not of kind Unsound", err)
		}
	})
}
