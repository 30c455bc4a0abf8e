package ecosystemtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// PyPIWorld is the Python ecosystem over a fake index.
type PyPIWorld struct{ Fake *PyPI }

var _ Hosted = PyPIWorld{}

// Ecosystem implements World.
func (PyPIWorld) Ecosystem() assay.Ecosystem { return assay.PyPI }

// Upstream implements World.
func (w PyPIWorld) Upstream() *Server { return w.Fake.Server }

// Name implements World with a hyphen, which file names write otherwise.
func (PyPIWorld) Name(short string) string { return "works-" + short }

// Version implements World.
func (PyPIWorld) Version(short string) string { return strings.Replace(short, "-rc.", "rc", 1) }

// Publish implements World: a wheel.
func (w PyPIWorld) Publish(name, version string, published time.Time, bytes int) error {
	return w.Fake.Publish(PyPIVersion{Name: name, Version: version, Published: published, Files: filler(bytes)})
}

// Withdraw implements World.
func (w PyPIWorld) Withdraw(name, version string) { w.Fake.Withdraw(name, version) }

// Rewrite implements World.
func (w PyPIWorld) Rewrite(name, version string) error { return w.Fake.Rewrite(name, version) }

// Bytes implements World.
func (w PyPIWorld) Bytes(name, version string) []byte { return w.Fake.File(name, version) }

// ListingPath implements World.
func (PyPIWorld) ListingPath(name string) string { return "simple/" + name + "/" }

// FilePath implements World.
func (PyPIWorld) FilePath(name, version string) string {
	return "files/" + name + "/" + PyPIVersion{Name: name, Version: version}.wheelName()
}

// FileMark implements World.
func (PyPIWorld) FileMark(_, version string) string { return "-" + version + "-py3-none-any.whl" }

// simplePage is the JSON form of a page, as far as a resolver reads it.
type simplePage struct {
	Meta  map[string]any `json:"meta"`
	Files []struct {
		Name   string            `json:"filename"`
		URL    string            `json:"url"`
		Hashes map[string]string `json:"hashes"`
		Yanked any               `json:"yanked"`
	} `json:"files"`
}

const simpleJSON = "application/vnd.pypi.simple.v1+json"

// Choices implements World: the versions with a file that is not yanked, in
// both forms of the page, which must agree. What a person asks for by its
// exact version is the file's business.
func (w PyPIWorld) Choices(ctx context.Context, base, name string) ([]string, error) {
	body, err := get(ctx, base+w.ListingPath(name), simpleJSON)
	if err != nil {
		return nil, err
	}
	var page simplePage
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, fmt.Errorf("reading the page of %s: %w", name, err)
	}
	versions := []string{}
	for _, f := range page.Files {
		version := fileVersion(name, f.Name)
		if !strings.HasPrefix(f.URL, base) {
			return nil, fmt.Errorf("%s: the file %s does not lie on the gateway", version, f.URL)
		}
		if content := w.Fake.File(name, version); content != nil && !claimed(name) {
			if sum := sha256.Sum256(content); f.Hashes["sha256"] != hex.EncodeToString(sum[:]) {
				return nil, fmt.Errorf("%s: the hash %q is not the upstream's", version, f.Hashes["sha256"])
			}
		}
		if f.Yanked == false && !slices.Contains(versions, version) {
			versions = append(versions, version)
		}
	}
	text, err := get(ctx, base+w.ListingPath(name), "text/html")
	if err != nil {
		return nil, err
	}
	old := []string{}
	for _, link := range anchors.FindAllStringSubmatch(string(text), -1) {
		if version := fileVersion(name, link[2]); !strings.Contains(link[1], "data-yanked") && !slices.Contains(old, version) {
			old = append(old, version)
		}
	}
	slices.Sort(versions)
	if slices.Sort(old); !slices.Equal(versions, old) {
		return nil, fmt.Errorf("the JSON form offers %q and the HTML form %q", versions, old)
	}
	return versions, nil
}

// claimed tells the names that are hosted in the place, whatever the fake has.
func claimed(name string) bool { return strings.HasPrefix(name, "vaultworks-") }

var anchors = regexp.MustCompile(`<a ([^>]*)>([^<]*)</a>`)

// fileVersion reads the version out of the name of a wheel or source archive.
func fileVersion(name, file string) string {
	rest := strings.TrimPrefix(file, strings.ReplaceAll(name, "-", "_")+"-")
	rest = strings.TrimSuffix(rest, ".tar.gz")
	version, _, _ := strings.Cut(rest, "-")
	return version
}

// Default implements World: the newest version that is no pre-release.
func (w PyPIWorld) Default(ctx context.Context, base, name string) (string, error) {
	versions, err := w.Choices(ctx, base, name)
	if err != nil {
		return "", err
	}
	best := ""
	for _, v := range versions {
		// The suite's versions have one digit in each place.
		if !strings.Contains(v, "rc") && v > best {
			best = v
		}
	}
	if best == "" {
		return "", errors.New("nothing can be chosen")
	}
	return best, nil
}

// ListingSins implements World. A key in other case is another key to all who
// read these pages, and what is handed on is written anew, so that sin is left
// out.
func (PyPIWorld) ListingSins() []Sin {
	return []Sin{ServerError, Overloaded, Truncated, ShortButConsistent, HangsBeforeHeader, HangsInBody, Garbage,
		HTMLPage, EndlessBody, FiveGigabytes, DuplicateKeys, RedirectsToPrivate, RedirectsToMapped, RedirectsForEver}
}

// Traversals implements World.
func (PyPIWorld) Traversals() []string {
	return []string{
		"../etc/passwd", "simple/%2e%2e/etc/passwd", "simple/..%2fetc%2fpasswd/", "simple/%252e%252e%252fetc/", "simple/kettle%2f..%2f..%2fetc/",
		"files/kettle/..%2f..%2fetc%2fpasswd", "files/%2e%2e/passwd", "files/kettle/%2e%2e%2fkettle-1.0.0-py3-none-any.whl",
		"simple/kettle%00/", "simple/kettle%0d%0aHost:%20elsewhere/", "simple/works%252fkettle/", "files/kettle/kettle-1.0.0%5c..%5cx.whl",
		"integrity/kettle/1.0.0/..%2f..%2fpasswd/provenance",
	}
}

// Private implements Hosted.
func (PyPIWorld) Private(short string) string { return "vaultworks-" + short }

// Claim implements Hosted.
func (PyPIWorld) Claim() string { return "pkg:pypi/vaultworks-*" }

// Upload implements Hosted: a form as twine sends it.
func (w PyPIWorld) Upload(ctx context.Context, base, token string, up Upload) (Reply, error) {
	v := PyPIVersion{Name: up.Name, Version: up.Version, edition: up.Edition}
	wheel, err := PyPIWheel(v)
	if err != nil {
		return Reply{}, err
	}
	if up.Broken {
		wheel = wheel[:len(wheel)/2]
	}
	sum := sha256.Sum256(wheel)
	body, contentType, err := uploadForm(v.wheelName(), wheel, [][2]string{
		{":action", "file_upload"}, {"protocol_version", "1"}, {"metadata_version", "2.1"}, {"name", up.Name}, {"version", up.Version},
		{"filetype", "bdist_wheel"}, {"pyversion", "py3"}, {"summary", "made for a test"}, {"sha256_digest", hex.EncodeToString(sum[:])},
	})
	if err != nil {
		return Reply{}, err
	}
	basic := ""
	if token != "" {
		basic = "Basic " + base64.StdEncoding.EncodeToString([]byte("__token__:"+token))
	}
	reply, err := send(ctx, http.MethodPost, base+"legacy/", body, "Content-Type", contentType, "Authorization", basic)
	reply.Sent = wheel
	return reply, err
}

func uploadForm(file string, content []byte, fields [][2]string) (body []byte, contentType string, err error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, f := range fields {
		if err := form.WriteField(f[0], f[1]); err != nil {
			return nil, "", fmt.Errorf("making an upload: %w", err)
		}
	}
	part, err := form.CreateFormFile("content", file)
	if err != nil {
		return nil, "", fmt.Errorf("making an upload: %w", err)
	}
	if _, err := part.Write(content); err != nil {
		return nil, "", fmt.Errorf("making an upload: %w", err)
	}
	if err := form.Close(); err != nil {
		return nil, "", fmt.Errorf("making an upload: %w", err)
	}
	return b.Bytes(), form.FormDataContentType(), nil
}

// Probes implements Hosted.
func (w PyPIWorld) Probes(name, version string) []Probe {
	const html = "application/vnd.pypi.simple.v1+html"
	listing, file := w.ListingPath(name), w.FilePath(name, version)
	spelt := "simple/" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "/"
	source := "files/" + name + "/" + PyPIVersion{Name: name, Version: version}.sourceName()
	return []Probe{
		{Path: listing}, {Path: listing, Accept: simpleJSON}, {Path: listing, Accept: html}, {Path: listing, Accept: "image/png"},
		{Path: listing + "?format=" + url.QueryEscape(simpleJSON)}, {Path: strings.TrimSuffix(listing, "/")}, {Path: spelt}, {Path: spelt, Accept: simpleJSON},
		{Path: "simple/"}, {Path: "simple/", Accept: simpleJSON},
		{Path: file}, {Path: file + ".metadata"}, {Path: source}, {Path: w.FilePath(name, "99.0.0")}, {Path: file + ".asc"},
		{Path: strings.Replace(file, "files/"+name, "files/"+strings.ReplaceAll(name, "-", "."), 1)},
		{Path: "integrity/" + name + "/" + version + "/" + file[strings.LastIndexByte(file, '/')+1:] + "/provenance"},
		{Path: name + "/json"}, {Path: name + "/" + version + "/json"}, {Method: http.MethodHead, Path: listing}, {Method: http.MethodHead, Path: file},
	}
}
