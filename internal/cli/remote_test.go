package cli

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"assay.invalid/internal/assay"
)

// wellWritten is a token's form: 43 zeros and their checksum.
const wellWritten = "assay_00000000000000000000000000000000000000000002CZclj"

func TestServerAddresses(t *testing.T) {
	for _, tt := range []struct {
		name, raw string
		plain     bool
		want      string // "": refused
		says      string
	}{
		{"https", "https://packages.example", false, "https://packages.example", ""},
		{"with a slash and a port", "https://packages.example:8443/", false, "https://packages.example:8443", ""},
		{"this machine", "http://127.0.0.1:8417", false, "http://127.0.0.1:8417", ""},
		{"this machine by IPv6", "http://[::1]:8417/", false, "http://[::1]:8417", ""},
		{"this machine by name", "http://LocalHost:8417", false, "http://LocalHost:8417", ""},
		{"plain http elsewhere", "http://packages.example", false, "", "--insecure-plain-http"},
		{"plain http to an address that looks like this machine", "http://127.0.0.1.example", false, "", "--insecure-plain-http"},
		{"plain http to all interfaces", "http://0.0.0.0:8417", false, "", "--insecure-plain-http"},
		{"plain http, accepted", "http://packages.example", true, "http://packages.example", ""},
		{"a token in it", "https://x:assay_1@packages.example", false, "", "no credentials"},
		{"a user in it", "https://assay_1@packages.example", false, "", "no credentials"},
		{"a query", "https://packages.example/?token=assay_1", false, "", "no more"},
		{"a path", "https://packages.example/npm/", false, "", "no more"},
		{"no scheme", "packages.example", false, "", "such as https://"},
		{"another scheme", "ftp://packages.example", false, "", "such as https://"},
		{"no host", "https://", false, "", "such as https://"},
		{"a port alone", "https://:8417", false, "", "such as https://"},
		{"nothing readable", "https://%zz", false, "", "such as https://"},
	} {
		u, err := serverAddress(tt.raw, tt.plain)
		if tt.want == "" {
			if !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "assay_1") {
				t.Errorf("%s: %v, %v", tt.name, u, err)
			}
			continue
		}
		if err != nil || u.String() != tt.want {
			t.Errorf("%s: %v, %v", tt.name, u, err)
		}
	}
}

func TestTheTokenGoesToOneServerAlone(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]string{} // host to header
	note := func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.Host] = r.Header.Get("Authorization")
	}
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { note(r) }))
	defer other.Close()
	redirecting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note(r)
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	defer redirecting.Close()
	server, err := url.Parse(redirecting.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := remoteClient(server, "assay_1", false)
	defer c.CloseIdleConnections()
	for _, address := range []string{redirecting.URL, other.URL} {
		resp, err := c.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if got := seen[server.Host]; got != "Bearer assay_1" {
		t.Errorf("the server got %q", got)
	}
	if got := seen[strings.TrimPrefix(other.URL, "http://")]; got != "" {
		t.Errorf("another server got %q", got)
	}
}

func TestPlainHTTPLeavesThisMachineOnlyWhenAccepted(t *testing.T) {
	for address, allowed := range map[string]bool{
		"127.0.0.1:80": true, "127.9.9.9:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true,
		"192.0.2.1:80": false, "[2001:db8::1]:80": false, "0.0.0.0:80": false, "nonsense": false,
	} {
		if err := onlyLoopback(context.Background(), "tcp", address, nil); (err == nil) != allowed {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestWhatIsNoTokenIsNotSent(t *testing.T) {
	asked := false
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer s.Close()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct {
		name string
		env  string
		args []string
		says string
	}{
		{"another secret in the variable", "ASSAY_TOKEN=hunter2", nil, "what ASSAY_TOKEN holds is not a token"},
		{"another secret in a file", "", []string{"--token-file", file("other", "hunter2\n")}, "is not a token"},
		{"an empty file, though the variable is set", "ASSAY_TOKEN=" + wellWritten, []string{"--token-file", file("empty", "")}, "is not a token"},
		{"an endless file", "", []string{"--token-file", file("long", strings.Repeat("hunter2", 10000))}, "is not a token"},
		{"no file", "", []string{"--token-file", filepath.Join(dir, "none")}, "cannot be read"},
		{"a directory", "", []string{"--token-file", dir}, "cannot be read"},
	} {
		code, out, errs := call(t, []string{tt.env}, append([]string{"blocks", "--server", s.URL}, tt.args...)...)
		if code != exitFailed || out != "" || !strings.Contains(errs, tt.says) || strings.Contains(errs, "hunter2") || asked {
			t.Errorf("%s: exit %d, %q %q, asked %v", tt.name, code, out, errs, asked)
		}
	}
}

func TestFlagsThatContradict(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		says string
	}{
		{"a server and a directory", []string{"blocks", "--server", "https://packages.example", "--data", "x"}, "exclude each other"},
		{"a server that serves", []string{"serve", "--server", "https://packages.example"}, "for the other commands"},
		{"an empty server", []string{"blocks", "--server", ""}, "needs an address"},
		{"a token without a server", []string{"blocks", "--token-file", "x"}, "is for --server"},
		{"a risk without a server", []string{"blocks", "--insecure-plain-http"}, "is for --server"},
		{"a token that never expires", []string{"token", "create", "--expires", "never"}, "--expires never-even-if-it-leaks"},
		{"a token with an empty end", []string{"token", "create", "--expires", ""}, "--expires never-even-if-it-leaks"},
		{"a token that has ended", []string{"token", "create", "--expires", "2001-01-01"}, "has passed"},
		{"a pattern without its flag", []string{"token", "create", "pkg:npm/x"}, "one word too many"},
		{"nothing to revoke", []string{"token", "revoke"}, "needs the id of a token"},
		{"half a command", []string{"token", "creat"}, "create"},
	} {
		data := filepath.Join(t.TempDir(), "data")
		code, out, errs := call(t, []string{"ASSAY_DATA=" + data}, tt.args...)
		if code != exitUsage || out != "" || !strings.Contains(errs, tt.says) {
			t.Errorf("%s: exit %d, %q %q", tt.name, code, out, errs)
		}
		if _, err := os.Stat(data); err == nil {
			t.Errorf("%s: made a data directory", tt.name)
		}
	}
}
