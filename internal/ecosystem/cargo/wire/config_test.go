package wire

import (
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func readConfig(text string) (Config, error) {
	return ReadConfig(strings.NewReader(text), int64(len(text)), DefaultLimits())
}

func TestDownload(t *testing.T) {
	for _, c := range []struct{ what, dl, name, want string }{
		{"no markers", "https://files.registry.example/crates", "Kettle", "https://files.registry.example/crates/Kettle/1.0.0+b/download"},
		{"crate and version", "https://files.registry.example/{crate}/{crate}-{version}.crate", "Kettle", "https://files.registry.example/Kettle/Kettle-1.0.0+b.crate"},
		{"a prefix as it is spelt", "http://registry.example/{prefix}/x", "Kettle", "http://registry.example/Ke/tt/x"},
		{"a prefix in lower case", "http://registry.example/{lowerprefix}/x", "Kettle", "http://registry.example/ke/tt/x"},
		{"the prefix of three letters", "http://registry.example/{prefix}/x", "Abc", "http://registry.example/3/A/x"},
		{"the checksum", "http://registry.example/{sha256-checksum}", "kettle", "http://registry.example/" + sumA},
		{"a port and a path", "http://127.0.0.1:8000/a/b", "k", "http://127.0.0.1:8000/a/b/k/1.0.0+b/download"},
	} {
		config, err := readConfig(`{"dl":"` + c.dl + `","api":"https://registry.example"}`)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if got, err := config.Download(c.name, "1.0.0+b", "sha256:"+sumA); err != nil || got != c.want {
			t.Errorf("%s: %q, %v, want %q", c.what, got, err, c.want)
		}
	}
}

func TestUnsoundConfigs(t *testing.T) {
	for what, text := range map[string]string{
		"empty": "", "a page": "<html>", "no dl": `{"api":"https://registry.example"}`, "a dl that is no text": `{"dl":7}`,
		"a relative address": `{"dl":"/crates"}`, "another scheme": `{"dl":"file:///etc/{crate}"}`, "credentials": `{"dl":"https://a:b@registry.example/"}`,
		"a key twice": `{"dl":"https://registry.example","dl":"https://other.example"}`, "no address": `{"dl":"::"}`,
		"a marker in place of a host": `{"dl":"https://{crate}:{version}/"}`,
		"too long an address":         `{"dl":"https://registry.example/` + strings.Repeat("x", 3000) + `"}`,
		"too long":                    `{"dl":"https://registry.example","more":"` + strings.Repeat("x", 70<<10) + `"}`,
		"something behind it":         `{"dl":"https://registry.example"} {}`,
	} {
		if config, err := readConfig(text); !assay.Is(err, assay.Unsound) {
			t.Errorf("%s: %+v, %v", what, config, err)
		}
	}
}

func TestConfig(t *testing.T) {
	config, err := readConfig(`{"dl":"https://registry.example/x","api":"https://registry.example/","auth-required":true,"more":[1]}`)
	if err != nil || config.Search() != "https://registry.example/api/v1/crates" || !config.AuthRequired {
		t.Errorf("%+v, %v", config, err)
	}
	for what, api := range map[string]string{"none": `null`, "a relative one": `"/api"`, "an empty one": `""`} {
		if config, err := readConfig(`{"dl":"https://registry.example/x","api":` + api + `}`); err != nil || config.Search() != "" {
			t.Errorf("%s: searches go to %q, %v", what, config.Search(), err)
		}
	}
	again, err := readConfig(string(config.Encode()))
	if err != nil || again != config {
		t.Errorf("%+v is read back as %+v, %v", config, again, err)
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(`{"dl":"https://registry.example/{crate}","api":"https://registry.example"}`)
	f.Add(`{"dl":"{crate}"}`)
	f.Fuzz(func(t *testing.T, text string) {
		config, err := readConfig(text)
		if err != nil {
			if !assay.Is(err, assay.Unsound) {
				t.Fatalf("%v is not of kind Unsound", err)
			}
			return
		}
		if address, err := config.Download("a", "1.0.0", assay.NewDigest("sha256", make([]byte, 32))); err != nil || !strings.HasPrefix(address, "http") {
			t.Fatalf("%q leads to %q, %v", text, address, err)
		}
	})
}
