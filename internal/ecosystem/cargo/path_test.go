package cargo

import (
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

// FuzzPath: whatever is asked for, no segment is one that a proxy before or
// an upstream behind could read as another path.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"/ke/tt/kettle", "/ke/tt/%2e%2e", "/a%2fb", "/api/v1/crates/zstd-sys/2.0.0%2Bzstd/download", "//", "/%", "/a%00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		segments, err := splitPath(path)
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("%v is not of kind Invalid", err)
			}
			return
		}
		for _, s := range segments {
			if s == "" || s[0] == '.' || strings.ContainsAny(s, "/\\%\x00\r\n ?#") {
				t.Fatalf("%q has the segment %q", path, s)
			}
		}
	})
}

// FuzzClaimedText: a claimed name is found in a search, encoded or not, and
// whatever stands around it.
func FuzzClaimedText(f *testing.F) {
	f.Add("blue ", " paint")
	f.Add("\"", "\"")
	f.Add("%20", "%2")
	f.Add("name:", ",")
	f.Add("%2 ", " %")
	claimed := func(name string) bool { return name == "vault-stone" || name == "vault_stone" }
	f.Fuzz(func(t *testing.T, before, after string) {
		// What continues the name on either side makes it another word.
		if before != "" && odd(rune(before[len(before)-1])) && after != "" && odd(rune(after[0])) {
			for _, name := range []string{"vault-stone", "VAULT-Stone", "vault_stone", "v%61ult-stone", "vault%2dstone", "vault%252Dstone"} {
				if !claimedText(before+name+after, claimed) {
					t.Fatalf("%q is not found in %q", name, before+name+after)
				}
			}
		}
	})
}
