package ecosystemtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"golang.org/x/mod/module"

	"assay.invalid/internal/assay"
)

// World is what the suite must know of one ecosystem: a fake upstream to
// publish to, and how its clients ask a place. Names and versions are short
// ones ("kettle", "1.0.0"), which the world spells in its own way.
type World interface {
	Ecosystem() assay.Ecosystem
	// Upstream is the fake.
	Upstream() *Server
	// Name and Version spell short forms as the ecosystem does.
	Name(short string) string
	Version(short string) string

	// Publish adds a version to the fake; a zero time gives it no date. Its
	// main file has at least so many bytes.
	Publish(name, version string, published time.Time, bytes int) error
	// Withdraw takes a version out of the fake.
	Withdraw(name, version string)
	// Rewrite puts other bytes in a version's place.
	Rewrite(name, version string) error
	// Bytes are those of the version's main file at the fake.
	Bytes(name, version string) []byte

	// ListingPath is where clients find the versions, below a place's base.
	ListingPath(name string) string
	// FilePath is where they find the version's main file.
	FilePath(name, version string) string
	// FileMark is a text that, among the fake's paths, only that file's has.
	FileMark(name, version string) string
	// Choices returns the versions that a resolver could choose from the
	// place's listing.
	Choices(ctx context.Context, base, name string) ([]string, error)
	// Default returns what a client takes that names no version; an error
	// where there is none.
	Default(ctx context.Context, base, name string) (string, error)
	// ListingSins are those that make the fake's listing unsound.
	ListingSins() []Sin
	// Traversals are paths below the base that no upstream may ever see.
	Traversals() []string
}

// NPMWorld is the npm ecosystem over a fake registry.
type NPMWorld struct{ Fake *NPM }

// GoWorld is the Go ecosystem over a fake proxy and checksum database.
type GoWorld struct{ Fake *Go }

// Ecosystem implements World.
func (NPMWorld) Ecosystem() assay.Ecosystem { return assay.NPM }

// Ecosystem implements World.
func (GoWorld) Ecosystem() assay.Ecosystem { return assay.Golang }

// Upstream implements World.
func (w NPMWorld) Upstream() *Server { return w.Fake.Server }

// Upstream implements World.
func (w GoWorld) Upstream() *Server { return w.Fake.Server }

// Name implements World with a scoped name, whose slash is the harder case.
func (NPMWorld) Name(short string) string { return "@works/" + short }

// Name implements World with a path that has a capital, which the protocol
// escapes.
func (GoWorld) Name(short string) string { return "registry.example/Works/" + short }

// Version implements World.
func (NPMWorld) Version(short string) string { return short }

// Version implements World.
func (GoWorld) Version(short string) string { return "v" + short }

// Publish implements World.
func (w NPMWorld) Publish(name, version string, published time.Time, bytes int) error {
	return w.Fake.Publish(NPMVersion{Name: name, Version: version, Published: published, Files: filler(bytes)})
}

// Publish implements World.
func (w GoWorld) Publish(name, version string, published time.Time, bytes int) error {
	return w.Fake.Publish(GoVersion{Path: name, Version: version, Published: published, Files: filler(bytes)})
}

// filler makes a file that does not compress, the same each time.
func filler(bytes int) map[string]string {
	if bytes == 0 {
		return nil
	}
	content := make([]byte, bytes)
	// ChaCha8 never fails to read.
	rand.NewChaCha8([32]byte{}).Read(content)
	return map[string]string{"filler.bin": string(content)}
}

// Withdraw implements World.
func (w NPMWorld) Withdraw(name, version string) { w.Fake.Withdraw(name, version) }

// Withdraw implements World.
func (w GoWorld) Withdraw(name, version string) { w.Fake.Withdraw(name, version) }

// Rewrite implements World.
func (w NPMWorld) Rewrite(name, version string) error { return w.Fake.Rewrite(name, version) }

// Rewrite implements World.
func (w GoWorld) Rewrite(name, version string) error { return w.Fake.Rewrite(name, version) }

// Bytes implements World.
func (w NPMWorld) Bytes(name, version string) []byte { return w.Fake.Tarball(name, version) }

// Bytes implements World.
func (w GoWorld) Bytes(name, version string) []byte { return w.Fake.Zip(name, version) }

// ListingPath implements World.
func (NPMWorld) ListingPath(name string) string { return strings.Replace(name, "/", "%2f", 1) }

// ListingPath implements World.
func (GoWorld) ListingPath(name string) string { return escapedPath(name) + "/@v/list" }

// FilePath implements World.
func (NPMWorld) FilePath(name, version string) string {
	return name + "/-/" + name[strings.LastIndexByte(name, '/')+1:] + "-" + version + ".tgz"
}

// FilePath implements World.
func (GoWorld) FilePath(name, version string) string {
	return escapedPath(name) + "/@v/" + version + ".zip"
}

// FileMark implements World.
func (NPMWorld) FileMark(_, version string) string { return "-" + version + ".tgz" }

// FileMark implements World.
func (GoWorld) FileMark(_, version string) string { return "/@v/" + version + ".zip" }

func escapedPath(name string) string {
	escaped, err := module.EscapePath(name)
	if err != nil {
		panic("the suite's own names are module paths: " + err.Error())
	}
	return escaped
}

// Choices implements World: the versions of the document, in both of its
// forms, which must agree.
func (w NPMWorld) Choices(ctx context.Context, base, name string) ([]string, error) {
	full, err := w.document(ctx, base, name, "application/json")
	if err != nil {
		return nil, err
	}
	short, err := w.document(ctx, base, name, "application/vnd.npm.install-v1+json")
	if err != nil {
		return nil, err
	}
	for version := range full.Versions {
		if _, ok := short.Versions[version]; !ok {
			return nil, fmt.Errorf("the full document has %s, the abbreviated one has not", version)
		}
	}
	var versions []string
	for version, m := range short.Versions {
		if _, ok := full.Versions[version]; !ok {
			return nil, fmt.Errorf("the abbreviated document has %s, the full one has not", version)
		}
		if !strings.HasPrefix(m.Dist.Tarball, base) {
			return nil, fmt.Errorf("%s: the tarball %s does not lie on the gateway", version, m.Dist.Tarball)
		}
		if want := w.Fake.Integrity(name, version); want != "" && m.Dist.Integrity != want {
			return nil, fmt.Errorf("%s: the integrity %s is not the upstream's %s", version, m.Dist.Integrity, want)
		}
		versions = append(versions, version)
	}
	for _, d := range []npmDocument{full, short} {
		for tag, version := range d.Tags {
			if _, ok := d.Versions[version]; !ok {
				return nil, fmt.Errorf("the tag %s dangles: it points to %s", tag, version)
			}
		}
	}
	return versions, nil
}

type npmDocument struct {
	Tags     map[string]string `json:"dist-tags"`
	Versions map[string]struct {
		Dist struct{ Tarball, Integrity string } `json:"dist"`
	} `json:"versions"`
}

func (w NPMWorld) document(ctx context.Context, base, name, accept string) (npmDocument, error) {
	var d npmDocument
	body, err := get(ctx, base+w.ListingPath(name), accept)
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return d, fmt.Errorf("reading the document of %s: %w", name, err)
	}
	return d, nil
}

// Default implements World: the tag latest.
func (w NPMWorld) Default(ctx context.Context, base, name string) (string, error) {
	d, err := w.document(ctx, base, name, "application/json")
	if err != nil {
		return "", err
	}
	if d.Tags["latest"] == "" {
		return "", fmt.Errorf("%s has no tag latest", name)
	}
	return d.Tags["latest"], nil
}

// Choices implements World: a version is chosen when the list has it or its
// .info answers; both are asked, for every version that the fake has.
func (w GoWorld) Choices(ctx context.Context, base, name string) ([]string, error) {
	body, err := get(ctx, base+w.ListingPath(name), "")
	if err != nil {
		return nil, err
	}
	choices := map[string]bool{}
	for _, version := range strings.Fields(string(body)) {
		choices[version] = true
	}
	for _, version := range w.Fake.sorted(name) {
		_, err := get(ctx, base+escapedPath(name)+"/@v/"+version+".info", "")
		switch {
		case err == nil:
			choices[version] = true
		case choices[version]:
			return nil, fmt.Errorf("%s is listed and its .info is refused: %w", version, err)
		}
	}
	var versions []string
	for version := range choices {
		versions = append(versions, version)
	}
	return versions, nil
}

// Default implements World: the answer of @latest.
func (w GoWorld) Default(ctx context.Context, base, name string) (string, error) {
	body, err := get(ctx, base+escapedPath(name)+"/@latest", "")
	if err != nil {
		return "", err
	}
	var info struct{ Version string }
	if err := json.Unmarshal(body, &info); err != nil {
		return "", fmt.Errorf("reading @latest of %s: %w", name, err)
	}
	return info.Version, nil
}

// ListingSins implements World.
func (NPMWorld) ListingSins() []Sin {
	return []Sin{ServerError, Overloaded, Truncated, ShortButConsistent, HangsBeforeHeader, HangsInBody, Garbage,
		HTMLPage, EndlessBody, FiveGigabytes, DuplicateKeys, CaseVariantKeys, RedirectsToPrivate, RedirectsToMapped, RedirectsForEver}
}

// ListingSins implements World. A Go list is lines of text: cut short with a
// length that agrees, it is a sound list of fewer versions, so that sin is
// left out.
func (GoWorld) ListingSins() []Sin {
	return []Sin{ServerError, Overloaded, Truncated, HangsBeforeHeader, HangsInBody, Garbage,
		HTMLPage, EndlessBody, FiveGigabytes, RedirectsToPrivate, RedirectsToMapped, RedirectsForEver}
}

// Traversals implements World.
func (NPMWorld) Traversals() []string {
	return []string{
		"../etc/passwd", "%2e%2e/etc/passwd", "..%2fetc%2fpasswd", "%252e%252e%252fetc", "@works/../../etc", "@works%2f..%2f..%2fetc",
		"kettle/-/../../../etc/passwd", "kettle/-/..%2f..%2fetc%2fpasswd", "kettle/-/%2e%2e%2fkettle-1.0.0.tgz",
		"kettle%00", "kettle%0d%0aHost:%20elsewhere", "@works%252fkettle",
	}
}

// Traversals implements World.
func (GoWorld) Traversals() []string {
	return []string{
		"../etc/@v/list", "%2e%2e/etc/@v/list", "registry.example/../../etc/@v/list", "registry.example/%2e%2e/etc/@v/list",
		"registry.example/works%2f..%2fkettle/@v/list", "registry.example/works/kettle/@v/../../../etc/passwd",
		"registry.example/works/kettle/@v/..%2f..%2fpasswd.zip", "registry.example/Works/kettle/@v/list",
		"registry.example/works%00/@v/list", "sumdb/" + SumDBName + "/../../etc/passwd",
	}
}

// get fetches a whole answer; any status but 200 is an error that carries it.
func get(ctx context.Context, url, accept string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", url, err)
	}
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	authorize(r)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", url, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", url, err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s: %s", url, answer.Status, body)
	}
	return body, nil
}
