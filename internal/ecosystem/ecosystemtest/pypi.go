package ecosystemtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// PyPI is a fake index of Python packages. Its wheels and source archives
// install, its hashes are right, and it has the metadata beside each wheel. Its
// pages lie below its address and below simple/, its files elsewhere, as at
// the public index.
type PyPI struct {
	*Server

	mu       sync.Mutex
	projects map[string][]*pypiFile
	statuses map[string][2]string
	htmlOnly bool
	relative bool
}

// pypiFile is one file of a project.
type pypiFile struct {
	PyPIVersion
	name     string
	content  []byte
	metadata []byte // nil for a source archive
}

// PyPIVersion is what can be said of a version when it is published.
type PyPIVersion struct {
	Name, Version  string
	Published      time.Time // zero: the page gives no upload-time
	Requires       []string  // "lid>=2"
	RequiresPython string
	Files          map[string]string // besides the module
	Yanked         string
	// Source publishes a source archive, and Wheel a wheel; neither means a
	// wheel alone.
	Source, Wheel bool
	// Platform is the wheel's, "any" for "".
	Platform string
	// Provenance gives the wheel one.
	Provenance bool

	edition int
}

// NewPyPI starts an empty fake index. Stop ends it.
func NewPyPI() (*PyPI, error) {
	p := &PyPI{projects: map[string][]*pypiFile{}, statuses: map[string][2]string{}}
	var err error
	p.Server, err = newServer(http.HandlerFunc(p.serve))
	return p, err
}

// HTMLOnly makes the fake an old index, which has no JSON and so no dates.
func (p *PyPI) HTMLOnly() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.htmlOnly = true
}

// Relative makes the fake write references instead of absolute addresses, as
// mirrors do.
func (p *PyPI) Relative() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.relative = true
}

// Status gives a project a status and a reason.
func (p *PyPI) Status(name, status, reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.statuses[name] = [2]string{status, reason}
}

// Publish adds the files of a version; one that was there is replaced.
func (p *PyPI) Publish(v PyPIVersion) error {
	files, err := v.pack()
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range files {
		p.projects[v.Name] = slices.DeleteFunc(p.projects[v.Name], func(old *pypiFile) bool { return old.name == f.name })
		p.projects[v.Name] = append(p.projects[v.Name], f)
	}
	return nil
}

// Withdraw takes all files of a version away.
func (p *PyPI) Withdraw(name, version string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.projects[name] = slices.DeleteFunc(p.projects[name], func(f *pypiFile) bool { return f.Version == version })
}

// Rewrite puts other bytes in a version's place, with hashes that fit them:
// what an index must never do.
func (p *PyPI) Rewrite(name, version string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := false
	for i, f := range p.projects[name] {
		if f.Version != version {
			continue
		}
		f.edition++
		made, err := f.pack()
		if err != nil {
			return err
		}
		for _, m := range made {
			if m.name == f.name {
				p.projects[name][i], found = m, true
			}
		}
	}
	if !found {
		return fmt.Errorf("the fake has no %s %s", name, version)
	}
	return nil
}

// File returns the bytes of a version's wheel; nil if there is none.
func (p *PyPI) File(name, version string) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.projects[name] {
		if f.Version == version && f.metadata != nil {
			return f.content
		}
	}
	return nil
}

func (v PyPIVersion) pack() ([]*pypiFile, error) {
	var files []*pypiFile
	if v.Wheel || !v.Source {
		content, err := PyPIWheel(v)
		if err != nil {
			return nil, err
		}
		files = append(files, &pypiFile{PyPIVersion: v, name: v.wheelName(), content: content, metadata: []byte(v.metadata())})
	}
	if v.Source {
		content, err := PyPISource(v)
		if err != nil {
			return nil, err
		}
		files = append(files, &pypiFile{PyPIVersion: v, name: v.sourceName(), content: content})
	}
	return files, nil
}

// path is where the fake has a file: below its digest, as the public index.
func (f *pypiFile) path() string {
	sum := sha256.Sum256(f.content)
	text := hex.EncodeToString(sum[:])
	return "packages/" + text[:2] + "/" + text[2:4] + "/" + text[4:] + "/" + f.name
}

func (p *PyPI) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case strings.HasPrefix(path, "packages/"):
		p.serveFile(w, r, path)
	case strings.HasPrefix(path, "integrity/"):
		w.Header().Set("Content-Type", "application/vnd.pypi.integrity.v1+json")
		fmt.Fprintf(w, `{"version":1,"attestation_bundles":[],"of":%q}`, path)
	default:
		p.servePage(w, r, strings.TrimSuffix(strings.TrimPrefix(path, "simple/"), "/"))
	}
}

func (p *PyPI) serveFile(w http.ResponseWriter, r *http.Request, path string) {
	main, beside := strings.CutSuffix(path, ".metadata")
	for _, files := range p.projects {
		for _, f := range files {
			if f.path() != main || beside && f.metadata == nil {
				continue
			}
			content := f.content
			if beside {
				content = f.metadata
			}
			w.Header().Set("Content-Type", "application/octet-stream")
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
			return
		}
	}
	http.Error(w, "no such file", http.StatusNotFound)
}

func (p *PyPI) servePage(w http.ResponseWriter, r *http.Request, name string) {
	files, ok := p.projects[name]
	if !ok {
		http.Error(w, "no such project", http.StatusNotFound)
		return
	}
	base := p.URL()
	if p.relative {
		base = "../"
	}
	if p.htmlOnly || !strings.Contains(r.Header.Get("Accept"), "application/vnd.pypi.simple.v1+json") {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<!DOCTYPE html><html><head><title>Links for %s</title></head><body><h1>Links for %[1]s</h1>\n", name)
		for _, f := range files {
			attributes := ""
			if f.Yanked != "" {
				attributes += ` data-yanked="` + html.EscapeString(f.Yanked) + `"`
			}
			if f.RequiresPython != "" {
				attributes += ` data-requires-python="` + html.EscapeString(f.RequiresPython) + `"`
			}
			fmt.Fprintf(w, "<a href=\"%s%s#sha256=%x\"%s>%s</a><br/>\n", base, f.path(), sha256.Sum256(f.content), attributes, f.name)
		}
		fmt.Fprint(w, "</body></html>\n")
		return
	}
	entries := []any{}
	for _, f := range files {
		entries = append(entries, f.entry(base))
	}
	page := map[string]any{"meta": map[string]any{"api-version": "1.4", "_last-serial": 1}, "name": name, "files": entries, "versions": p.named(files)}
	if s, ok := p.statuses[name]; ok {
		page["project-status"] = map[string]any{"status": s[0], "reason": s[1]}
	}
	writeJSONAs(w, "application/vnd.pypi.simple.v1+json", page)
}

func (p *PyPI) named(files []*pypiFile) []string {
	versions := []string{}
	for _, f := range files {
		if !slices.Contains(versions, f.Version) {
			versions = append(versions, f.Version)
		}
	}
	return versions
}

func (f *pypiFile) entry(base string) map[string]any {
	sum := sha256.Sum256(f.content)
	entry := map[string]any{
		"filename": f.name, "url": base + f.path(), "hashes": map[string]string{"sha256": hex.EncodeToString(sum[:])},
		"size": len(f.content), "yanked": false, "core-metadata": false,
	}
	if f.RequiresPython != "" {
		entry["requires-python"] = f.RequiresPython
	}
	if f.Yanked != "" {
		entry["yanked"] = f.Yanked
	}
	if !f.Published.IsZero() {
		entry["upload-time"] = f.Published.UTC().Format("2006-01-02T15:04:05.000000Z")
	}
	if f.metadata != nil {
		sum := sha256.Sum256(f.metadata)
		entry["core-metadata"] = map[string]string{"sha256": hex.EncodeToString(sum[:])}
	}
	if f.Provenance {
		entry["provenance"] = base + "integrity/" + f.Name + "/" + f.Version + "/" + f.name + "/provenance"
	}
	return entry
}
