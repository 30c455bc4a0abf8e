package ecosystemtest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/sumdb/note"
	modzip "golang.org/x/mod/zip"
)

// SumDBName is the name of the fake checksum database.
const SumDBName = "sum.registry.example"

// Go is a fake module proxy with a fake checksum database below
// /sumdb/<SumDBName>/, signed with a key made for it.
type Go struct {
	*Server
	// SumDBKey is the checksum database's verifier key: the value of GOSUMDB
	// that makes the go command trust it.
	SumDBKey string

	database http.Handler

	mu      sync.Mutex
	modules map[string]map[string]goVersion
}

type goVersion struct {
	GoVersion
	mod, zip []byte
}

// GoVersion is what can be said of a version when it is published.
type GoVersion struct {
	Path, Version string
	Published     time.Time // the commit time
	Require       map[string]string
	Retract       []string          // lines of the go.mod: "v1.0.1", "[v1.0.0, v1.1.0]"
	Files         map[string]string // besides go.mod and one Go file
}

// NewGo starts an empty fake module proxy and checksum database. Stop ends it.
func NewGo() (*Go, error) {
	signer, verifier, err := note.GenerateKey(rand.Reader, SumDBName)
	if err != nil {
		return nil, fmt.Errorf("making a checksum database's key: %w", err)
	}
	g := &Go{SumDBKey: verifier, modules: map[string]map[string]goVersion{}}
	g.database = sumdb.NewServer(sumdb.NewTestServer(signer, g.goSum))
	g.Server, err = newServer(http.HandlerFunc(g.serve))
	return g, err
}

// Publish adds a version.
func (g *Go) Publish(v GoVersion) error { return g.publish(v, 0) }

func (g *Go) publish(v GoVersion, edition int) error {
	made, err := packGo(v, edition)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.modules[v.Path] == nil {
		g.modules[v.Path] = map[string]goVersion{}
	}
	g.modules[v.Path][v.Version] = made
	return nil
}

// packGo makes a version's files.
func packGo(v GoVersion, edition int) (goVersion, error) {
	if err := module.Check(v.Path, v.Version); err != nil {
		return goVersion{}, fmt.Errorf("publishing to the fake: %w", err)
	}
	mod, err := goMod(v)
	if err != nil {
		return goVersion{}, err
	}
	name := v.Path[strings.LastIndexByte(v.Path, '/')+1:]
	files := []modzip.File{
		memoryFile{"go.mod", mod},
		memoryFile{name + ".go", fmt.Appendf(nil,
			"// Package %s is made for a test, edition %d.\npackage %s\n\n// Version says which one was built.\nconst Version = %q\n",
			name, edition, name, v.Version)},
	}
	for path, content := range v.Files {
		files = append(files, memoryFile{path, []byte(content)})
	}
	slices.SortFunc(files, func(a, b modzip.File) int { return strings.Compare(a.Path(), b.Path()) })
	var b bytes.Buffer
	if err := modzip.Create(&b, module.Version{Path: v.Path, Version: v.Version}, files); err != nil {
		return goVersion{}, fmt.Errorf("making a module zip: %w", err)
	}
	return goVersion{GoVersion: v, mod: mod, zip: b.Bytes()}, nil
}

// Withdraw removes a version from the list and its files.
func (g *Go) Withdraw(path, version string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.modules[path], version)
}

// Rewrite puts other bytes in a version's place. The checksum database keeps
// to what it has recorded, if anybody has asked it.
func (g *Go) Rewrite(path, version string) error {
	g.mu.Lock()
	v, ok := g.modules[path][version]
	g.mu.Unlock()
	if !ok {
		return fmt.Errorf("the fake has no %s@%s", path, version)
	}
	return g.publish(v.GoVersion, 1)
}

// Zip returns the bytes that the fake serves for a version; nil if none.
func (g *Go) Zip(path, version string) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.modules[path][version].zip
}

func goMod(v GoVersion) ([]byte, error) {
	var f modfile.File
	if err := f.AddModuleStmt(v.Path); err != nil {
		return nil, fmt.Errorf("making a go.mod: %w", err)
	}
	if err := f.AddGoStmt("1.21"); err != nil {
		return nil, fmt.Errorf("making a go.mod: %w", err)
	}
	for path, version := range v.Require {
		if err := f.AddRequire(path, version); err != nil {
			return nil, fmt.Errorf("making a go.mod: %w", err)
		}
	}
	text, err := f.Format()
	if err != nil {
		return nil, fmt.Errorf("making a go.mod: %w", err)
	}
	for _, retracted := range v.Retract {
		text = fmt.Appendf(text, "\nretract %s // withdrawn by its author\n", retracted)
	}
	return text, nil
}

// goSum answers the checksum database's question for a module version.
func (g *Go) goSum(path, version string) ([]byte, error) {
	g.mu.Lock()
	v, ok := g.modules[path][version]
	g.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("%s@%s: %w", path, version, fs.ErrNotExist)
	}
	h1, err := hashZip(v.zip)
	if err != nil {
		return nil, err
	}
	modSum, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(v.mod)), nil
	})
	if err != nil {
		return nil, fmt.Errorf("hashing a go.mod: %w", err)
	}
	return fmt.Appendf(nil, "%s %s %s\n%s %s/go.mod %s\n", path, version, h1, path, version, modSum), nil
}

func (g *Go) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if rest, ok := strings.CutPrefix(path, "sumdb/"+SumDBName); ok {
		if rest == "/supported" {
			w.WriteHeader(http.StatusOK)
			return
		}
		http.StripPrefix("/sumdb/"+SumDBName, g.database).ServeHTTP(w, r)
		return
	}
	if escaped, ok := strings.CutSuffix(path, "/@latest"); ok {
		g.serveLatest(w, escaped)
		return
	}
	escaped, file, ok := strings.Cut(path, "/@v/")
	name, err := module.UnescapePath(escaped)
	if !ok || err != nil {
		notFound(w, "not found: no such path")
		return
	}
	g.mu.Lock()
	_, known := g.modules[name]
	g.mu.Unlock()
	if !known {
		notFound(w, "not found: module "+name+": no such module")
		return
	}
	if file == "list" {
		g.serveList(w, name)
		return
	}
	dot := strings.LastIndexByte(file, '.')
	if dot < 0 {
		notFound(w, "not found: no such file")
		return
	}
	version, err := module.UnescapeVersion(file[:dot])
	g.mu.Lock()
	v, known := g.modules[name][version]
	g.mu.Unlock()
	if err != nil || !known {
		notFound(w, "not found: "+name+"@"+file[:dot]+": unknown revision")
		return
	}
	switch file[dot:] {
	case ".info":
		writeInfo(w, v)
	case ".mod":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write(v.mod)
	case ".zip":
		w.Header().Set("Content-Type", "application/zip")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(v.zip))
	default:
		notFound(w, "not found: no such file")
	}
}

func (g *Go) serveList(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	for _, version := range g.sorted(name) {
		if !module.IsPseudoVersion(version) {
			fmt.Fprintln(w, version)
		}
	}
}

func (g *Go) sorted(name string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var versions []string
	for version := range g.modules[name] {
		versions = append(versions, version)
	}
	semver.Sort(versions)
	return versions
}

func (g *Go) serveLatest(w http.ResponseWriter, escaped string) {
	name, err := module.UnescapePath(escaped)
	versions := g.sorted(name)
	if err != nil || len(versions) == 0 {
		notFound(w, "not found: module "+escaped+": no matching versions")
		return
	}
	latest := versions[len(versions)-1]
	for _, version := range slices.Backward(versions) {
		if semver.Prerelease(version) == "" {
			latest = version // the newest release goes before any pre-release
			break
		}
	}
	g.mu.Lock()
	v := g.modules[name][latest]
	g.mu.Unlock()
	writeInfo(w, v)
}

func writeInfo(w http.ResponseWriter, v goVersion) {
	info := map[string]any{"Version": v.Version}
	if !v.Published.IsZero() {
		info["Time"] = v.Published.UTC().Format(time.RFC3339)
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(info)
}

func notFound(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintln(w, text)
}

func hashZip(content []byte) (string, error) {
	file, err := os.CreateTemp("", "module-*.zip") // dirhash reads files only
	if err != nil {
		return "", fmt.Errorf("hashing a module zip: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(content)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return "", fmt.Errorf("hashing a module zip: %w", err)
	}
	return dirhash.HashZip(file.Name(), dirhash.Hash1)
}

// memoryFile is a file of a module that lies in memory.
type memoryFile struct {
	path    string
	content []byte
}

func (f memoryFile) Path() string                { return f.path }
func (f memoryFile) Lstat() (fs.FileInfo, error) { return memoryInfo{f}, nil }
func (f memoryFile) Open() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(f.content)), nil
}

type memoryInfo struct{ file memoryFile }

func (i memoryInfo) Name() string       { return i.file.path }
func (i memoryInfo) Size() int64        { return int64(len(i.file.content)) }
func (i memoryInfo) Mode() fs.FileMode  { return 0o644 }
func (i memoryInfo) ModTime() time.Time { return time.Time{} }
func (i memoryInfo) IsDir() bool        { return false }
func (i memoryInfo) Sys() any           { return nil }
