package adopt

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// cargoIndex finds the host of the default registry among the indexes that
// Cargo keeps. Their directories are named by host and a hash of the address
// (https://doc.rust-lang.org/cargo/guide/cargo-home.html), so that the path
// is not known: the default registry's index lies at the root of its host.
//
// Registries that are configured under a name of their own are passed over,
// and so are those that ask for a token. With two left nothing is found:
// which is which cannot be told.
func cargoIndex(dir string, others map[string]bool) (host string, ok bool) {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 1000 {
		return "", false
	}
	for _, entry := range entries {
		i := strings.LastIndexByte(entry.Name(), '-')
		if i <= 0 || !entry.IsDir() {
			continue
		}
		name := strings.ToLower(entry.Name()[:i])
		if others[name] || !isHost(name) {
			continue
		}
		text, err := readSmall(filepath.Join(dir, entry.Name(), "config.json"), 64<<10)
		if err != nil || !isDefaultIndex(text) {
			continue // an index in git has none, or one not yet begun
		}
		if ok {
			return "", false
		}
		host, ok = name, true
	}
	return host, ok
}

// isHost tells a host name from what else a directory may be called.
func isHost(name string) bool {
	u, err := url.Parse("https://" + name + "/")
	return err == nil && u.Host == name && u.Port() == "" && strings.Contains(name, ".")
}

// isDefaultIndex tells the config.json of a registry that is open to all
// (https://doc.rust-lang.org/cargo/reference/registry-index.html#index-configuration).
func isDefaultIndex(text []byte) bool {
	var config struct {
		DL           string `json:"dl"`
		AuthRequired bool   `json:"auth-required"`
	}
	if err := json.Unmarshal(text, &config); err != nil || config.AuthRequired {
		return false
	}
	dl, err := url.Parse(config.DL)
	return err == nil && (dl.Scheme == "https" || dl.Scheme == "http") && dl.Host != ""
}
