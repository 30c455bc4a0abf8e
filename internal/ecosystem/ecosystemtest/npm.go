package ecosystemtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// NPM is a fake npm registry. Its tarballs install, its integrity values are
// right, and its signatures verify against its own key.
type NPM struct {
	*Server

	mu       sync.Mutex
	packages map[string]*npmPackage
	key      *ecdsa.PrivateKey
	keyID    string
}

type npmPackage struct {
	versions map[string]npmVersion
	order    []string
	tags     map[string]string
}

type npmVersion struct {
	NPMVersion
	tarball   []byte
	signature string // over name, version and integrity, in base64
	edition   int    // raised by Rewrite, so that the bytes differ
}

// NPMVersion is what can be said of a version when it is published.
type NPMVersion struct {
	Name, Version string
	Published     time.Time // zero: the document gives no time for it
	Dependencies  map[string]string
	Scripts       map[string]string // "postinstall": "node ..."
	Deprecated    string
	Files         map[string]string // besides package.json and index.js
	// TarballPath overrides where the document says the tarball lies, below
	// the registry's address; registries differ in its form.
	TarballPath string
}

// NewNPM starts an empty fake npm registry. Stop ends it.
func NewNPM() (*NPM, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a signing key: %w", err)
	}
	n := &NPM{packages: map[string]*npmPackage{}, key: key}
	sum := sha256.Sum256(n.publicKey())
	n.keyID = "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
	n.Server, err = newServer(http.HandlerFunc(n.serve))
	return n, err
}

// Publish adds a version, or replaces one without changing its place, and
// moves the tag latest to the newest published that is no pre-release.
func (n *NPM) Publish(v NPMVersion) error {
	made, err := n.pack(v, 0)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.packages[v.Name]
	if p == nil {
		p = &npmPackage{versions: map[string]npmVersion{}, tags: map[string]string{}}
		n.packages[v.Name] = p
	}
	if _, known := p.versions[v.Version]; !known {
		p.order = append(p.order, v.Version)
	}
	p.versions[v.Version] = made
	if !strings.Contains(v.Version, "-") || p.tags["latest"] == "" {
		p.tags["latest"] = v.Version
	}
	return nil
}

// Tag points a dist-tag at a version.
func (n *NPM) Tag(name, tag, version string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p := n.packages[name]; p != nil {
		p.tags[tag] = version
	}
}

// Withdraw removes a version from the document, its tags and its tarball, as
// an unpublish does. latest moves to the last one left.
func (n *NPM) Withdraw(name, version string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.packages[name]
	if p == nil {
		return
	}
	delete(p.versions, version)
	p.order = slices.DeleteFunc(p.order, func(v string) bool { return v == version })
	maps.DeleteFunc(p.tags, func(_, v string) bool { return v == version })
	if len(p.order) > 0 && p.tags["latest"] == "" {
		p.tags["latest"] = p.order[len(p.order)-1]
	}
}

// Rewrite puts other bytes in a version's place, with an integrity that fits
// them: what an upstream must never do.
func (n *NPM) Rewrite(name, version string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.packages[name]
	if p == nil {
		return fmt.Errorf("the fake has no package %s", name)
	}
	v, ok := p.versions[version]
	if !ok {
		return fmt.Errorf("the fake has no %s@%s", name, version)
	}
	made, err := n.pack(v.NPMVersion, v.edition+1)
	if err != nil {
		return err
	}
	p.versions[version] = made
	return nil
}

// pack makes the tarball and signs it once, so that the document stays the
// same from one request to the next.
func (n *NPM) pack(v NPMVersion, edition int) (npmVersion, error) {
	tarball, err := npmTarball(v, edition)
	if err != nil {
		return npmVersion{}, err
	}
	digest := sha256.Sum256([]byte(v.Name + "@" + v.Version + ":" + integrity(tarball)))
	signature, err := ecdsa.SignASN1(rand.Reader, n.key, digest[:])
	if err != nil {
		return npmVersion{}, fmt.Errorf("signing %s@%s: %w", v.Name, v.Version, err)
	}
	return npmVersion{NPMVersion: v, tarball: tarball, edition: edition, signature: base64.StdEncoding.EncodeToString(signature)}, nil
}

// Tarball returns the bytes that the fake serves for a version; nil if none.
func (n *NPM) Tarball(name, version string) []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p := n.packages[name]; p != nil {
		return p.versions[version].tarball
	}
	return nil
}

// Integrity returns the value that the document promises for a version; ""
// if there is none.
func (n *NPM) Integrity(name, version string) string {
	if tarball := n.Tarball(name, version); tarball != nil {
		return integrity(tarball)
	}
	return ""
}

func integrity(content []byte) string {
	sum := sha512.Sum512(content)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

func (n *NPM) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	switch {
	case path == "-/ping":
		writeJSON(w, struct{}{})
	case path == "-/npm/v1/keys":
		writeJSON(w, map[string]any{"keys": []any{map[string]any{
			"expires": nil, "keyid": n.keyID, "keytype": "ecdsa-sha2-nistp256", "scheme": "ecdsa-sha2-nistp256",
			"key": base64.StdEncoding.EncodeToString(n.publicKey()),
		}}})
	case path == "-/v1/search":
		n.search(w, r.URL.Query().Get("text"))
	case strings.HasPrefix(path, "-/npm/v1/security/"):
		writeJSON(w, struct{}{}) // nothing has an advisory
	case strings.Contains(path, "/-/") || strings.HasPrefix(path, "download/"):
		n.serveTarball(w, r, path)
	default:
		n.serveDocument(w, r, path)
	}
}

func (n *NPM) search(w http.ResponseWriter, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	objects := []any{}
	for _, name := range slices.Sorted(maps.Keys(n.packages)) {
		if strings.Contains(name, text) {
			objects = append(objects, map[string]any{
				"package": map[string]any{
					"name": name, "version": n.packages[name].tags["latest"], "description": "made for a test",
					"date": "2026-01-01T00:00:00.000Z", "links": map[string]any{}, "maintainers": []any{}, "keywords": []any{},
				},
				"score": map[string]any{"final": 1}, "searchScore": 1,
			})
		}
	}
	writeJSON(w, map[string]any{"objects": objects, "total": len(objects), "time": "2026-01-01T00:00:00.000Z"})
}

func (n *NPM) serveTarball(w http.ResponseWriter, r *http.Request, path string) {
	n.mu.Lock()
	var tarball []byte
	for _, p := range n.packages {
		for _, v := range p.versions {
			if n.tarballPath(v.NPMVersion) == path {
				tarball = v.tarball
			}
		}
	}
	n.mu.Unlock()
	if tarball == nil {
		npmError(w, http.StatusNotFound, "no such tarball")
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(tarball))
}

func (n *NPM) tarballPath(v NPMVersion) string {
	if v.TarballPath != "" {
		return v.TarballPath
	}
	_, unscoped, ok := strings.Cut(v.Name, "/")
	if !ok {
		unscoped = v.Name
	}
	return v.Name + "/-/" + unscoped + "-" + v.Version + ".tgz"
}

func (n *NPM) serveDocument(w http.ResponseWriter, r *http.Request, name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.packages[name]
	if p == nil {
		npmError(w, http.StatusNotFound, "Not found")
		return
	}
	abbreviated := strings.Contains(r.Header.Get("Accept"), "application/vnd.npm.install-v1+json") &&
		!strings.Contains(r.Header.Get("Accept"), "application/json")
	document := map[string]any{"_id": name, "name": name, "dist-tags": p.tags}
	versions, times := map[string]any{}, map[string]any{}
	for _, version := range p.order {
		v := p.versions[version]
		versions[version] = n.manifest(v)
		if !v.Published.IsZero() {
			times[version] = v.Published.UTC().Format("2006-01-02T15:04:05.000Z")
		}
	}
	document["versions"] = versions
	if abbreviated {
		document["modified"] = "2026-01-01T00:00:00.000Z"
		writeJSONAs(w, "application/vnd.npm.install-v1+json", document)
		return
	}
	times["created"], times["modified"] = "2020-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"
	document["time"] = times
	document["description"] = "made for a test"
	document["readme"] = "# " + name
	writeJSON(w, document)
}

func (n *NPM) manifest(v npmVersion) map[string]any {
	sum := sha1.Sum(v.tarball)
	dist := map[string]any{
		"tarball": n.URL() + n.tarballPath(v.NPMVersion), "integrity": integrity(v.tarball), "shasum": hex.EncodeToString(sum[:]),
		"signatures": []any{map[string]any{"keyid": n.keyID, "sig": v.signature}},
	}
	m := packageJSON(v.NPMVersion)
	m["_id"], m["dist"] = v.Name+"@"+v.Version, dist
	if v.Deprecated != "" {
		m["deprecated"] = v.Deprecated
	}
	for _, hook := range []string{"preinstall", "install", "postinstall"} {
		if v.Scripts[hook] != "" {
			m["hasInstallScript"] = true
		}
	}
	return m
}

func (n *NPM) publicKey() []byte {
	der, err := x509.MarshalPKIXPublicKey(&n.key.PublicKey)
	if err != nil {
		panic("a P-256 key always encodes: " + err.Error())
	}
	return der
}

func packageJSON(v NPMVersion) map[string]any {
	m := map[string]any{"name": v.Name, "version": v.Version, "main": "index.js", "license": "Apache-2.0", "description": "made for a test"}
	if len(v.Dependencies) > 0 {
		m["dependencies"] = v.Dependencies
	}
	if len(v.Scripts) > 0 {
		m["scripts"] = v.Scripts
	}
	return m
}

func npmTarball(v NPMVersion, edition int) ([]byte, error) {
	manifest, err := json.MarshalIndent(packageJSON(v), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the package.json of %s@%s: %w", v.Name, v.Version, err)
	}
	files := map[string]string{
		"package.json": string(manifest),
		"index.js":     fmt.Sprintf("module.exports = %q; // edition %d\n", v.Name+"@"+v.Version, edition),
	}
	maps.Copy(files, v.Files)
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	archive := tar.NewWriter(zipped)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := &tar.Header{
			Name: "package/" + name, Mode: 0o644, Size: int64(len(files[name])), Typeflag: tar.TypeReg,
			ModTime: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		}
		if err := archive.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("making a tarball: %w", err)
		}
		if _, err := io.WriteString(archive, files[name]); err != nil {
			return nil, fmt.Errorf("making a tarball: %w", err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("making a tarball: %w", err)
	}
	if err := zipped.Close(); err != nil {
		return nil, fmt.Errorf("making a tarball: %w", err)
	}
	return b.Bytes(), nil
}

func npmError(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": message})
}

func writeJSON(w http.ResponseWriter, value any) { writeJSONAs(w, "application/json", value) }

func writeJSONAs(w http.ResponseWriter, contentType string, value any) {
	w.Header().Set("Content-Type", contentType)
	json.NewEncoder(w).Encode(value)
}
