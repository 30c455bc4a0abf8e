package endtoend_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The private names of these tests. The words stand nowhere else, so that
// they can be searched for in whatever was served or sent.
const (
	privatePackage = "@vaultworks/quartzite"
	absentPackage  = "@vaultworks/obsidian" // claimed, and never published
	npmClaim       = "pkg:npm/@vaultworks/*"
	privateModule  = "corp.example/vaultworks/quartzite"
	absentModule   = "corp.example/vaultworks/obsidian"
	goClaim        = "pkg:golang/corp.example/vaultworks/*"
)

// privateWords are what gives a private name away.
var privateWords = []string{"vaultworks", "quartzite", "obsidian"}

// stdout runs assay and returns what it printed on its standard output alone.
func (a *assay) stdout(args ...string) string {
	a.t.Helper()
	cmd := exec.CommandContext(a.t.Context(), binary, args...)
	cmd.Env, cmd.Dir = append(a.env, "ASSAY_DATA="+a.data), a.t.TempDir()
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		a.t.Fatalf("assay %s: %v\n%s%s", strings.Join(args, " "), err, &out, &complaint)
	}
	return out.String()
}

// token makes a token and returns its secret.
func (a *assay) token(args ...string) string {
	a.t.Helper()
	secret := strings.TrimSpace(a.stdout(append([]string{"token", "create"}, args...)...))
	if !strings.HasPrefix(secret, "assay_") || strings.ContainsAny(secret, " \n") {
		a.t.Fatalf("assay token create printed %q, want the token alone", secret)
	}
	return secret
}

// logIn gives the project's npm and pnpm a token, as a person does it.
func (p *project) logIn(a *assay, token string) {
	p.t.Helper()
	line := strings.TrimPrefix(strings.TrimPrefix(a.base, "https:"), "http:") + "npm/:_authToken=" + token + "\n"
	must(p.t, os.WriteFile(filepath.Join(p.home, "npmrc"), []byte(line), 0o600))
}

// writePackage puts another version of a package into the project's folder.
func (p *project) writePackage(name, version string, more map[string]any) {
	p.t.Helper()
	manifest := map[string]any{"name": name, "version": version, "main": "index.js", "description": "stone for the cellar"}
	for key, value := range more {
		manifest[key] = value
	}
	must(p.t, os.WriteFile(filepath.Join(p.dir, "package.json"), must1(json.Marshal(manifest)), 0o600))
	must(p.t, os.WriteFile(filepath.Join(p.dir, "index.js"), []byte("module.exports = '"+name+"@"+version+"'\n"), 0o600))
}

// newPublisher is a folder with a package, whose npm has the token.
func newPublisher(t *testing.T, a *assay, token string) *project {
	t.Helper()
	p := newProject(t, a.base+"npm/")
	p.logIn(a, token)
	return p
}

// secure makes the server speak TLS with a certificate made for the test,
// because the go command gives its token to nothing else. It returns the
// certificate's file.
func (a *assay) secure() string {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(a.t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(a.t, err)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	dir := a.t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	must(a.t, os.WriteFile(certFile, certificate, 0o600))
	private := must1(x509.MarshalPKCS8PrivateKey(key))
	must(a.t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	a.client = &http.Client{Timeout: client.Timeout, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	a.t.Cleanup(a.client.CloseIdleConnections)
	a.flags = append(a.flags, "--tls-cert", certFile, "--tls-key", keyFile)
	a.base = "https://127.0.0.1:" + a.port + "/"
	return certFile
}

// answer is what a request got, whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// text is every byte of it that a client sees.
func (r answer) text() string {
	var b strings.Builder
	for key, values := range r.header {
		b.WriteString(key + ": " + strings.Join(values, ", ") + "\n")
	}
	return b.String() + string(r.body)
}

// ask sends a request with a token, or without one for "".
func (a *assay) ask(method, path, token string, body io.Reader, header ...string) answer {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.base+path, body)
	must(a.t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	got, err := a.client.Do(r)
	must(a.t, err)
	defer got.Body.Close()
	content, err := io.ReadAll(got.Body)
	must(a.t, err)
	return answer{got.StatusCode, got.Header, content}
}

// saysNothing asserts that a text gives no private name away.
func saysNothing(t *testing.T, what, text string) {
	t.Helper()
	lower := strings.ToLower(text)
	for _, word := range privateWords {
		if i := strings.Index(lower, word); i >= 0 {
			t.Errorf("%s gives %q away: ...%s...", what, word, text[max(0, i-100):min(len(text), i+100)])
		}
	}
}

// keptAway asserts that no upstream was told a private name.
func (a *assay) keptAway() {
	a.t.Helper()
	for _, r := range a.npm.Requests() {
		saysNothing(a.t, "a request to the npm upstream", r.Text())
	}
	for _, r := range a.modules.Requests() {
		saysNothing(a.t, "a request to the Go upstream", r.Text())
	}
}
