package ecosystemtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
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

	"assay.invalid/internal/assay"
)

// Cargo is a fake sparse registry of crates
// (https://doc.rust-lang.org/cargo/reference/registry-index.html). Its crates
// compile, and its checksums are right.
type Cargo struct {
	*Server

	mu     sync.Mutex
	crates map[string]*cargoCrate // by name in lower case
}

type cargoCrate struct {
	versions map[string]cargoVersion
	order    []string
}

type cargoVersion struct {
	CargoVersion
	file    []byte
	edition int // raised by Rewrite, so that the bytes differ
}

// CargoVersion is what can be said of a version when it is published.
type CargoVersion struct {
	Name, Version string
	Published     time.Time         // zero: the index gives no time for it
	Dependencies  map[string]string // requirements by name
	Links         string            // the crate then has a build script
	Yanked        bool
	Files         map[string]string // besides Cargo.toml and src/lib.rs
}

// NewCargo starts an empty fake registry. Stop ends it.
func NewCargo() (*Cargo, error) {
	c := &Cargo{crates: map[string]*cargoCrate{}}
	var err error
	c.Server, err = newServer(http.HandlerFunc(c.serve))
	return c, err
}

// Publish adds a version, or replaces one without changing its place.
func (c *Cargo) Publish(v CargoVersion) error {
	file, err := packCrate(v, 0)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	name := strings.ToLower(v.Name)
	p := c.crates[name]
	if p == nil {
		p = &cargoCrate{versions: map[string]cargoVersion{}}
		c.crates[name] = p
	}
	if _, known := p.versions[v.Version]; !known {
		p.order = append(p.order, v.Version)
	}
	p.versions[v.Version] = cargoVersion{CargoVersion: v, file: file}
	return nil
}

// Withdraw removes a version from the index, which an honest registry never
// does, and its file.
func (c *Cargo) Withdraw(name, version string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.crates[strings.ToLower(name)]; p != nil {
		delete(p.versions, version)
		p.order = slices.DeleteFunc(p.order, func(v string) bool { return v == version })
	}
}

// Rewrite puts other bytes in a version's place, with a checksum that fits
// them: what an upstream must never do.
func (c *Cargo) Rewrite(name, version string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.crates[strings.ToLower(name)]
	if p == nil {
		return fmt.Errorf("the fake has no crate %s", name)
	}
	v, ok := p.versions[version]
	if !ok {
		return fmt.Errorf("the fake has no %s@%s", name, version)
	}
	file, err := packCrate(v.CargoVersion, v.edition+1)
	if err != nil {
		return err
	}
	v.file, v.edition = file, v.edition+1
	p.versions[version] = v
	return nil
}

// File returns the bytes that the fake serves for a version; nil if none.
func (c *Cargo) File(name, version string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.crates[strings.ToLower(name)]; p != nil {
		return p.versions[version].file
	}
	return nil
}

// Checksum returns the checksum that the index promises for a version; "" if
// there is none.
func (c *Cargo) Checksum(name, version string) string {
	if file := c.File(name, version); file != nil {
		return checksum(file)
	}
	return ""
}

func checksum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func (c *Cargo) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	switch {
	case path == "config.json":
		writeJSON(w, map[string]any{"dl": c.URL() + "crates/{lowerprefix}/{crate}/{crate}-{version}.crate", "api": strings.TrimSuffix(c.URL(), "/")})
	case path == "api/v1/crates":
		c.search(w, r.URL.Query().Get("q"))
	case strings.HasPrefix(path, "crates/"):
		c.serveFile(w, r, path)
	default:
		c.serveIndex(w, path)
	}
}

func (c *Cargo) search(w http.ResponseWriter, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := []any{}
	for _, name := range slices.Sorted(maps.Keys(c.crates)) {
		p := c.crates[name]
		if strings.Contains(name, text) && len(p.order) > 0 {
			found = append(found, map[string]any{"name": p.versions[p.order[0]].Name, "max_version": p.order[len(p.order)-1], "description": "made for a test"})
		}
	}
	writeJSON(w, map[string]any{"crates": found, "meta": map[string]any{"total": len(found)}})
}

func (c *Cargo) serveFile(w http.ResponseWriter, r *http.Request, path string) {
	c.mu.Lock()
	var file []byte
	for name, p := range c.crates {
		for _, v := range p.versions {
			if path == "crates/"+cratePrefix(name)+"/"+v.Name+"/"+v.Name+"-"+v.Version+".crate" {
				file = v.file
			}
		}
	}
	c.mu.Unlock()
	if file == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/gzip")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file))
}

func (c *Cargo) serveIndex(w http.ResponseWriter, path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := path[strings.LastIndexByte(path, '/')+1:]
	p := c.crates[name]
	if p == nil || path != cratePrefix(name)+"/"+name || len(p.order) == 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	for _, version := range p.order {
		v := p.versions[version]
		line := map[string]any{
			"name": v.Name, "vers": v.Version, "deps": indexDeps(v.Dependencies), "cksum": checksum(v.file),
			"features": map[string]any{}, "yanked": v.Yanked,
		}
		if v.Links != "" {
			line["links"] = v.Links
		}
		if !v.Published.IsZero() {
			line["pubtime"] = v.Published.UTC().Format(time.RFC3339)
		}
		json.NewEncoder(w).Encode(line)
	}
}

func indexDeps(dependencies map[string]string) []any {
	deps := []any{}
	for _, name := range slices.Sorted(maps.Keys(dependencies)) {
		deps = append(deps, map[string]any{
			"name": name, "req": dependencies[name], "features": []any{}, "optional": false, "default_features": true,
			"target": nil, "kind": "normal",
		})
	}
	return deps
}

func cratePrefix(name string) string {
	switch len(name) {
	case 0, 1, 2:
		return fmt.Sprint(len(name))
	case 3:
		return "3/" + name[:1]
	}
	return name[:2] + "/" + name[2:4]
}

// packCrate makes a .crate file as cargo package does.
func packCrate(v CargoVersion, edition int) ([]byte, error) {
	var manifest strings.Builder
	fmt.Fprintf(&manifest, "[package]\nedition = \"2021\"\nname = %q\nversion = %q\nlicense = \"Apache-2.0\"\ndescription = \"made for a test\"\n", v.Name, v.Version)
	files := map[string]string{
		"src/lib.rs": fmt.Sprintf("/// Edition %d.\npub fn version() -> &'static str { %q }\n", edition, v.Name+"@"+v.Version),
	}
	if v.Links != "" {
		fmt.Fprintf(&manifest, "build = \"build.rs\"\nlinks = %q\n", v.Links)
		files["build.rs"] = "fn main() {}\n"
	}
	for _, name := range slices.Sorted(maps.Keys(v.Dependencies)) {
		fmt.Fprintf(&manifest, "\n[dependencies.%s]\nversion = %q\n", name, v.Dependencies[name])
	}
	files["Cargo.toml"] = manifest.String()
	maps.Copy(files, v.Files)
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	archive := tar.NewWriter(zipped)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := &tar.Header{
			Name: v.Name + "-" + v.Version + "/" + name, Mode: 0o644, Size: int64(len(files[name])), Typeflag: tar.TypeReg,
			ModTime: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		}
		if err := archive.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("making a crate: %w", err)
		}
		if _, err := io.WriteString(archive, files[name]); err != nil {
			return nil, fmt.Errorf("making a crate: %w", err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("making a crate: %w", err)
	}
	if err := zipped.Close(); err != nil {
		return nil, fmt.Errorf("making a crate: %w", err)
	}
	return b.Bytes(), nil
}

// CargoWorld is the Cargo ecosystem over a fake registry.
type CargoWorld struct{ Fake *Cargo }

var _ Yanker = CargoWorld{}

// Ecosystem implements World.
func (CargoWorld) Ecosystem() assay.Ecosystem { return assay.Cargo }

// Upstream implements World.
func (w CargoWorld) Upstream() *Server { return w.Fake.Server }

// Name implements World. The fake spells the names with a capital, which index
// paths have in lower case and download addresses as they are.
func (CargoWorld) Name(short string) string { return "works_" + short }

// spelled is how the fake spells a name.
func spelled(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// Version implements World.
func (CargoWorld) Version(short string) string { return short }

// Publish implements World.
func (w CargoWorld) Publish(name, version string, published time.Time, bytes int) error {
	return w.Fake.Publish(CargoVersion{Name: spelled(name), Version: version, Published: published, Files: filler(bytes)})
}

// Withdraw implements World.
func (w CargoWorld) Withdraw(name, version string) { w.Fake.Withdraw(name, version) }

// Rewrite implements World.
func (w CargoWorld) Rewrite(name, version string) error { return w.Fake.Rewrite(name, version) }

// Bytes implements World.
func (w CargoWorld) Bytes(name, version string) []byte { return w.Fake.File(name, version) }

// ListingPath implements World.
func (CargoWorld) ListingPath(name string) string { return cratePrefix(name) + "/" + name }

// FilePath implements World. Cargo asks for the name as the index spells it.
func (CargoWorld) FilePath(name, version string) string {
	if strings.HasPrefix(name, "works_") {
		name = spelled(name)
	}
	return "api/v1/crates/" + name + "/" + version + "/download"
}

// FileMark implements World.
func (CargoWorld) FileMark(_, version string) string { return "-" + version + ".crate" }

// crateLine is what a resolver reads of an index line.
type crateLine struct {
	Name   string `json:"name"`
	Vers   string `json:"vers"`
	Cksum  string `json:"cksum"`
	Yanked bool   `json:"yanked"`
}

func (w CargoWorld) lines(ctx context.Context, base, name string) ([]crateLine, error) {
	body, err := get(ctx, base+w.ListingPath(name), "")
	if err != nil {
		return nil, err
	}
	var lines []crateLine
	decoder := json.NewDecoder(bytes.NewReader(body))
	for {
		var line crateLine
		switch err := decoder.Decode(&line); {
		case err == io.EOF:
			return lines, nil
		case err != nil:
			return nil, fmt.Errorf("reading the index of %s: %w", name, err)
		}
		// A hosted crate may have the name and version of one at the fake.
		if want := w.Fake.Checksum(name, line.Vers); want != "" && line.Name == spelled(name) && line.Cksum != want {
			return nil, fmt.Errorf("%s: the checksum %s is not the upstream's %s", line.Vers, line.Cksum, want)
		}
		lines = append(lines, line)
	}
}

// Choices implements World: cargo never chooses a version that is yanked.
func (w CargoWorld) Choices(ctx context.Context, base, name string) ([]string, error) {
	lines, err := w.lines(ctx, base, name)
	if err != nil {
		return nil, err
	}
	var versions []string
	for _, line := range lines {
		if !line.Yanked {
			versions = append(versions, line.Vers)
		}
	}
	return versions, nil
}

// Default implements World: what cargo add writes down, the newest that is
// not yanked and no pre-release. The suite publishes in the order of versions.
func (w CargoWorld) Default(ctx context.Context, base, name string) (string, error) {
	versions, err := w.Choices(ctx, base, name)
	if err != nil {
		return "", err
	}
	for _, version := range slices.Backward(versions) {
		if !strings.Contains(version, "-") {
			return version, nil
		}
	}
	return "", fmt.Errorf("no version of %s can be chosen", name)
}

// ListingSins implements World. Cargo reads keys by their exact letters, so
// that other keys beside them change nothing.
func (CargoWorld) ListingSins() []Sin {
	return []Sin{ServerError, Overloaded, Truncated, ShortButConsistent, HangsBeforeHeader, HangsInBody, Garbage,
		HTMLPage, EndlessBody, FiveGigabytes, DuplicateKeys, RedirectsToPrivate, RedirectsToMapped, RedirectsForEver}
}

// Traversals implements World.
func (CargoWorld) Traversals() []string {
	return []string{
		"../etc/passwd", "%2e%2e/etc/passwd", "..%2fetc%2fpasswd", "%252e%252e%252fetc", "wo/rk/../../etc/passwd", "wo/rk/..%2f..%2fetc",
		"wo/rk/%2e%2e", "wo/rk/works_kettle%00", "wo/rk/works_kettle%0d%0aHost:%20elsewhere", "wo/rk/works_kettle%252f", "wo%2frk%2fworks_kettle",
		"wo/rk/teapot", "3/x/works_kettle", "auth/../config.json", "api/v1/crates/..%2f..%2fetc/1.0.0/download",
		"api/v1/crates/works_kettle/..%2f..%2fpasswd/download", "api/v1/crates/works_kettle/%2e%2e/download", "api/v1/crates/works_kettle/1.0.0/../../download",
	}
}

// Private implements Hosted.
func (CargoWorld) Private(short string) string { return "vaultworks-" + short }

// Claim implements Hosted.
func (CargoWorld) Claim() string { return "pkg:cargo/vaultworks-*" }

// Upload implements Hosted: one request with the metadata and the file, each
// behind its length, and the bare token, as cargo publish sends it.
func (CargoWorld) Upload(ctx context.Context, base, token string, up Upload) (Reply, error) {
	file, err := packCrate(CargoVersion{Name: up.Name, Version: up.Version}, up.Edition)
	if err != nil {
		return Reply{}, err
	}
	if up.Broken {
		file = file[:len(file)/2]
	}
	metadata, err := json.Marshal(map[string]any{
		"name": up.Name, "vers": up.Version, "deps": []any{}, "features": map[string]any{}, "authors": []any{},
		"description": "made for a test", "license": "Apache-2.0", "keywords": []any{}, "categories": []any{}, "badges": map[string]any{}, "links": nil,
	})
	if err != nil {
		return Reply{}, fmt.Errorf("making the metadata of %s@%s: %w", up.Name, up.Version, err)
	}
	body := binary.LittleEndian.AppendUint32(nil, uint32(len(metadata)))
	body = append(body, metadata...)
	body = binary.LittleEndian.AppendUint32(body, uint32(len(file)))
	body = append(body, file...)
	reply, err := send(ctx, http.MethodPut, base+"api/v1/crates/new", body, "Authorization", token)
	reply.Sent = file
	return reply, err
}

// Yank implements Yanker.
func (CargoWorld) Yank(ctx context.Context, base, token, name, version string, undo bool) (Reply, error) {
	method, path := http.MethodDelete, "/yank"
	if undo {
		method, path = http.MethodPut, "/unyank"
	}
	return send(ctx, method, base+"api/v1/crates/"+name+"/"+version+path, nil, "Authorization", token)
}

// Probes implements Hosted.
func (w CargoWorld) Probes(name, version string) []Probe {
	underscored := strings.ReplaceAll(name, "-", "_")
	index, download := w.ListingPath(name), w.FilePath(name, version)
	paths := []string{
		index, w.ListingPath(underscored), strings.ToUpper(index), index + "/", "auth/" + index, "auth/" + w.ListingPath(underscored),
		cratePrefix(name) + "/" + strings.Replace(name, "-", "%2d", 1), cratePrefix(name) + "/" + name + "%2f",
		download, "auth/" + download, w.FilePath(underscored, version), w.FilePath(strings.ToUpper(name), version), w.FilePath(name, "99.0.0"),
		"api/v1/crates/" + name, "api/v1/crates/" + name + "/" + version, "api/v1/crates/" + name + "/owners", "auth/api/v1/crates/" + underscored + "/owners",
		"api/v1/crates?q=" + name, "api/v1/crates?q=" + underscored, "api/v1/crates?q=" + strings.ToUpper(name) + "&per_page=5",
		"api/v1/crates?q=" + strings.Replace(name, "-", "+", 1), "api/v1/crates?q=%2576aultworks" + name[len("vaultworks"):],
		"api/v1/crates?q=stone+" + name + "%2Ctools", "auth/api/v1/crates?q=" + name,
	}
	probes := make([]Probe, len(paths))
	for i, path := range paths {
		probes[i] = Probe{Path: path}
	}
	return probes
}
