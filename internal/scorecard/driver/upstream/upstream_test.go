package upstream

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/cargo"
	"assay.invalid/internal/scorecard/protocol/golang"
	"assay.invalid/internal/scorecard/protocol/maven"
	"assay.invalid/internal/scorecard/protocol/npm"
	"assay.invalid/internal/scorecard/protocol/pypi"
	"assay.invalid/internal/scorecard/visit"
)

func start(t *testing.T, p scorecard.Protocol, mirrors int) *Repository {
	t.Helper()
	r, err := Start(t.Context(), p, mirrors)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// acts are those of a client at one mirror.
func acts(t *testing.T, r *Repository, p scorecard.Protocol, mirror int) scorecard.Acts {
	t.Helper()
	address := r.Addresses()[mirror]
	v := visit.New(visit.Config{Subject: []string{address}, Acting: true})
	t.Cleanup(v.Close)
	return p.Open(address, v.Record())
}

var long = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

func offer(t *testing.T, r *Repository, release scorecard.Release) {
	t.Helper()
	if err := r.Offer(release, long); err != nil {
		t.Fatal(err)
	}
}

func protocols(t *testing.T, r *Repository) map[assay.Ecosystem]scorecard.Protocol {
	t.Helper()
	name, key := r.ChecksumDatabase()
	return map[assay.Ecosystem]scorecard.Protocol{
		assay.NPM: npm.New(), assay.Golang: golang.New(golang.Config{SumDB: name, Key: key}),
		assay.PyPI: pypi.New(), assay.Cargo: cargo.New(), assay.Maven: maven.New(),
	}
}

func TestClientsReadWhatIsOffered(t *testing.T) {
	for e, c := range map[assay.Ecosystem]struct {
		name, digest string
		pre          string // a pre-release in the ecosystem's spelling
	}{
		assay.NPM:    {"@acme/kettle", "sha512", "1.11.0-rc.1"},
		assay.Golang: {"acme.example/Kettle", "h1", "1.11.0-rc.1"},
		assay.PyPI:   {"acme-kettle", "sha256", "1.11.0rc1"},
		assay.Cargo:  {"acme-kettle", "sha256", "1.11.0-rc.1"},
		assay.Maven:  {"example.acme/kettle", "sha512", "1.11.0-rc.1"},
	} {
		t.Run(string(e), func(t *testing.T) {
			r := start(t, protocols(t, &Repository{})[e], 2)
			p := protocols(t, r)[e]
			for _, version := range []string{"1.0.0", "1.10.0", "1.9.0", c.pre} {
				offer(t, r, scorecard.Release{Name: c.name, Version: p.Version(version)})
			}
			for mirror := range r.Mirrors() {
				client := acts(t, r, p, mirror)
				if a := client.Recognise(t.Context()); a.Verdict != scorecard.Accepted {
					t.Fatalf("it is not recognised: %s", a)
				}
				l, a := client.Listing(t.Context(), scorecard.Credential{}, c.name)
				if a.Verdict != scorecard.Accepted || len(l.Versions) != 4 || l.Latest != p.Version("1.10.0") {
					t.Fatalf("the listing has %d versions, the latest %q: %s", len(l.Versions), l.Latest, a)
				}
				v := l.Versions[p.Version("1.9.0")]
				if !v.Published.Equal(long) {
					t.Errorf("it was published %s, want %s", v.Published, long)
				}
				f, a := client.File(t.Context(), scorecard.Credential{}, c.name, p.Version("1.9.0"))
				if a.Verdict != scorecard.Accepted || v.Digests[c.digest] == "" || f.Digests[c.digest] != v.Digests[c.digest] {
					t.Errorf("the file's %s is %q, and the listing says %q: %s", c.digest, f.Digests[c.digest], v.Digests[c.digest], a)
				}
			}
			r.Withdraw(c.name, p.Version("1.9.0"))
			if l, _ := acts(t, r, p, 0).Listing(t.Context(), scorecard.Credential{}, c.name); len(l.Versions) != 3 {
				t.Errorf("after it was withdrawn the listing has %d versions", len(l.Versions))
			}
			for _, version := range []string{"1.0.0", "1.10.0", c.pre} {
				r.Withdraw(c.name, p.Version(version))
			}
			if _, a := acts(t, r, p, 0).Listing(t.Context(), scorecard.Credential{}, c.name); a.Verdict != scorecard.Absent {
				t.Errorf("after all were withdrawn the listing is %s", a)
			}
		})
	}
}

func TestAStoppedMirrorHangsUpAndTheOtherServes(t *testing.T) {
	r := start(t, npm.New(), 2)
	offer(t, r, scorecard.Release{Name: "kettle", Version: "1.0.0"})
	first, second := acts(t, r, npm.New(), 0), acts(t, r, npm.New(), 1)
	listing := func(a scorecard.Acts) scorecard.Verdict {
		_, answer := a.Listing(t.Context(), scorecard.Credential{}, "kettle")
		return answer.Verdict
	}
	if a, b := listing(first), listing(second); a != scorecard.Accepted || b != scorecard.Accepted {
		t.Fatalf("before: %s and %s", a, b)
	}
	r.Stop(0)
	before := len(r.Asked())
	if a, b := listing(first), listing(second); a != scorecard.Unclear || b != scorecard.Accepted {
		t.Errorf("with the first stopped: %s and %s", a, b)
	}
	if n := len(r.Asked()) - before; n != 1 {
		t.Errorf("%d questions were counted, and one reached a mirror that runs", n)
	}
	r.Start(0)
	if a := listing(first); a != scorecard.Accepted {
		t.Errorf("started again: %s", a)
	}
	r.Stop(7) // there is none
	r.Stop(-1)
	if a, b := listing(first), listing(second); a != scorecard.Accepted || b != scorecard.Accepted {
		t.Errorf("after a mirror was stopped that is not there: %s and %s", a, b)
	}
}

func TestEveryNameThatIsToldIsRemembered(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, `{"packed-audit":["1.0.0"]}`) // into memory
	_ = w.Close()
	for e, cases := range map[assay.Ecosystem][]struct {
		how, method, path, want string
		body                    []byte
		header                  http.Header
	}{
		assay.NPM: {
			{"a listing", "GET", "@acme%2fkettle", "@acme/kettle", nil, nil},
			{"a file", "GET", "@acme/lid/-/lid-1.0.0.tgz", "@acme/lid", nil, nil},
			{"a search", "GET", "-/v1/search?text=tea", "tea", nil, nil},
			{"an audit", "POST", "-/npm/v1/security/advisories/bulk", "spout", []byte(`{"spout":["1.0.0"]}`), nil},
			{"a packed audit", "POST", "-/npm/v1/security/advisories/bulk", "packed-audit", packed.Bytes(), http.Header{"Content-Encoding": {"gzip"}}},
		},
		assay.Golang: {
			{"a list", "GET", "acme.example/!kettle/@v/list", "acme.example/Kettle", nil, nil},
			{"the latest", "GET", "acme.example/lid/@latest", "acme.example/lid", nil, nil},
			{"a file", "GET", "acme.example/cup/@v/v1.0.0.zip", "acme.example/cup", nil, nil},
			{"a branch", "GET", "acme.example/saucer/@v/main.info", "acme.example/saucer", nil, nil},
			{"a checksum", "GET", "sumdb/" + sumdbName + "/lookup/acme.example/pot@v1.0.0", "acme.example/pot", nil, nil},
		},
		assay.PyPI: {
			{"a project", "GET", "simple/Acme_Kettle/", "acme-kettle", nil, nil},
			{"a file", "GET", "files/acme-lid/acme_lid-1.0.0-py3-none-any.whl", "acme-lid", nil, nil},
		},
		assay.Cargo: {
			{"a crate", "GET", "ac/me/acme-kettle", "acme-kettle", nil, nil},
			{"a crate of three letters", "GET", "3/l/lid", "lid", nil, nil},
			{"a file", "GET", "dl/spout/1.0.0/download", "spout", nil, nil},
			{"a search", "GET", "api/v1/crates?q=tea", "tea", nil, nil},
		},
		assay.Maven: {
			{"metadata", "GET", "example/acme/kettle/maven-metadata.xml", "example.acme/kettle", nil, nil},
			{"the digest of metadata", "GET", "example/acme/spout/maven-metadata.xml.sha1", "example.acme/spout", nil, nil},
			{"a file", "GET", "example/acme/lid/1.0.0/lid-1.0.0.jar", "example.acme/lid", nil, nil},
		},
	} {
		r := start(t, protocols(t, &Repository{})[e], 1)
		for _, c := range cases {
			t.Run(c.how+" of "+string(e), func(t *testing.T) {
				v := visit.New(visit.Config{Subject: r.Addresses(), Acting: true})
				defer v.Close()
				if _, err := v.Record().Do(t.Context(), scorecard.Request{Method: c.method, URL: r.Addresses()[0] + c.path, Body: c.body, Header: c.header}); err != nil {
					t.Fatal(err)
				}
				if asked := r.Asked(); !slices.Contains(asked, c.want) {
					t.Errorf("it remembers %q, not %q", asked, c.want)
				}
			})
		}
	}
}

func TestOddRequestsAreRefused(t *testing.T) {
	for e, paths := range map[assay.Ecosystem][]string{
		assay.NPM:    {"", "nothing", "%2e%2e", "@acme", "kettle/-/../../etc", "-/unknown", "kettle/-/kettle-9.9.9.tgz"},
		assay.Golang: {"", "nothing", "acme.example/kettle/@v/v9.9.9.zip", "acme.example/%2e%2e/@v/list", "sumdb/other.example/latest", "acme.example/Kettle/@v/list"},
		assay.PyPI:   {"", "nothing", "simple", "simple/kettle", "simple/kettle/", "simple//", "simple/a/b/", "files/kettle/", "files/kettle/kettle-1.0.0.tar.gz"},
		assay.Cargo:  {"", "nothing", "ke/tt/lid", "ket/tle/kettle", "1/", "ke/tt/kettle", "dl/kettle/1.0.0/download", "dl/kettle/download"},
		assay.Maven:  {"", "nothing", "maven-metadata.xml", "a/maven-metadata.xml", "a/b/maven-metadata.xml", "a/b/1.0.0/c-1.0.0.jar", "a//b/maven-metadata.xml", "a/%2e%2e/b/maven-metadata.xml"},
	} {
		r := start(t, protocols(t, &Repository{})[e], 1)
		for _, path := range paths {
			t.Run(string(e)+" "+path, func(t *testing.T) {
				res, err := http.Get(r.Addresses()[0] + path)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				if res.StatusCode != http.StatusNotFound {
					t.Errorf("it is answered %d", res.StatusCode)
				}
			})
		}
		t.Run(string(e)+" as a proxy", func(t *testing.T) {
			req, err := http.NewRequest(http.MethodConnect, r.Addresses()[0], nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.StatusCode != http.StatusBadGateway {
				t.Errorf("it is answered %d", res.StatusCode)
			}
		})
	}
}

func TestWhatCannotBeOffered(t *testing.T) {
	r := start(t, golang.New(golang.Config{}), 1)
	for name, release := range map[string]scorecard.Release{
		"no zip":                {Name: "acme.example/kettle", Version: "v1.0.0", Archive: []byte("no zip")},
		"the zip of another":    {Name: "acme.example/kettle", Version: "v1.0.0", Archive: must(golang.New(golang.Config{}).Archive(scorecard.Release{Name: "acme.example/lid", Version: "v1.0.0"}))},
		"a name that is no one": {Name: "no module", Version: "v1.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := r.Offer(release, long); !assay.Is(err, assay.Invalid) {
				t.Errorf("it says %v", err)
			}
		})
	}
	if _, err := Start(t.Context(), other{npm.New()}, 1); !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), "gem") {
		t.Errorf("another ecosystem: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if late, err := Start(ended, npm.New(), 1); err == nil {
		late.Close()
		t.Error("it starts for nobody")
	}
}

// other is a protocol that no upstream speaks.
type other struct{ scorecard.Protocol }

func (other) Ecosystem() assay.Ecosystem { return "gem" }

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestStockIsFoundByClients(t *testing.T) {
	for _, p := range protocols(t, &Repository{}) {
		t.Run(string(p.Ecosystem()), func(t *testing.T) {
			r := start(t, p, 1)
			if err := r.Stock(); err != nil {
				t.Fatal(err)
			}
			names, a := acts(t, r, p, 0).Samples(t.Context(), 3)
			if a.Verdict != scorecard.Accepted || len(names) != 3 {
				t.Errorf("samples are %q: %s", names, a)
			}
		})
	}
	r := start(t, npm.New(), 1)
	if ids, a := acts(t, r, npm.New(), 0).Advisories(t.Context(), scorecard.Credential{}, "lodash", "4.17.15"); len(ids) == 0 {
		t.Errorf("nothing is known of lodash 4.17.15: %s", a)
	}
	if ids, a := acts(t, r, npm.New(), 0).Advisories(t.Context(), scorecard.Credential{}, "kettle", "1.0.0"); len(ids) != 0 || a.Verdict != scorecard.Accepted {
		t.Errorf("of a package of ours is known %q: %s", ids, a)
	}
}

func TestFormsAreAnsweredToThoseWhoTakeThem(t *testing.T) {
	r := start(t, pypi.New(), 1)
	offer(t, r, scorecard.Release{Name: "Acme.Kettle", Version: "1.0.0"})
	for name, c := range map[string]struct{ path, accept, media, holds string }{
		"a page for a browser":   {"simple/acme-kettle/", "text/html", "text/html", `acme_kettle-1.0.0-py3-none-any.whl#sha256=`},
		"a page for everybody":   {"simple/acme-kettle/", "", "text/html", ">acme_kettle-1.0.0-py3-none-any.whl</a>"},
		"a page for pip":         {"simple/acme-kettle/", mediaSimpleJSON + ", text/html; q=0.1", mediaSimpleJSON, `"upload-time":"2024-05-06T07:08:09.000Z"`},
		"the list for a browser": {"simple/", "text/html", "text/html", `<a href="acme-kettle/">`},
		"the list for pip":       {"simple/", mediaSimpleJSON, mediaSimpleJSON, `{"name":"acme-kettle"}`},
	} {
		t.Run(name, func(t *testing.T) {
			media, body := get(t, r.Addresses()[0]+c.path, c.accept)
			if !strings.HasPrefix(media, c.media) || !strings.Contains(body, c.holds) {
				t.Errorf("it is %s: %s", media, body)
			}
		})
	}
}

func TestDependenciesAreTold(t *testing.T) {
	for e, c := range map[assay.Ecosystem]struct {
		release     scorecard.Release
		path, holds string
	}{
		assay.Cargo: {
			scorecard.Release{Name: "kettle", Version: "1.0.0", Dependencies: map[string]string{"lid": "^2"}},
			"ke/tt/kettle", `"deps":[{"name":"lid","req":"^2","features":[]`,
		},
		assay.Maven: {
			scorecard.Release{Name: "example.acme/kettle", Version: "1.0.0", Dependencies: map[string]string{"example.acme/lid": "2.0"}},
			"example/acme/kettle/1.0.0/kettle-1.0.0.pom", "<groupId>example.acme</groupId><artifactId>lid</artifactId><version>2.0</version>",
		},
	} {
		t.Run(string(e), func(t *testing.T) {
			r := start(t, protocols(t, &Repository{})[e], 1)
			offer(t, r, c.release)
			if _, body := get(t, r.Addresses()[0]+c.path, ""); !strings.Contains(body, c.holds) {
				t.Errorf("it is %s", body)
			}
		})
	}
}

// get is an answer that must be a success.
func get(t *testing.T, address, accept string) (media, body string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s is answered %d: %v", address, res.StatusCode, err)
	}
	return res.Header.Get("Content-Type"), string(text)
}

func FuzzRequests(f *testing.F) {
	for _, path := range []string{"/kettle", "/@acme%2fkettle", "/kettle/-/kettle-1.0.0.tgz", "/-/v1/search?text=a", "/a.example/b/@v/list", "/a.example/b/@v/v1.0.0.zip", "/sumdb/" + sumdbName + "/latest", "/%", "//",
		"/simple/kettle/", "/files/kettle/kettle-1.0.0.tar.gz", "/ke/tt/kettle", "/dl/kettle/1.0.0/download", "/a/b/maven-metadata.xml.sha1", "/a/b/1/b-1.pom"} {
		f.Add("GET", path, []byte(`{"a":["1"]}`))
	}
	f.Fuzz(func(t *testing.T, method, path string, body []byte) {
		req, err := http.NewRequest(method, "http://127.0.0.1"+path, bytes.NewReader(body))
		if err != nil {
			return // no request at all
		}
		s := newShelf(npm.New())
		if err := s.put(scorecard.Release{Name: "kettle", Version: "1.0.0", Archive: []byte("PK")}, long); err != nil {
			t.Fatal(err)
		}
		for _, d := range []door{npmDoor{s}, golangDoor{s, &database{handler: http.NotFoundHandler()}}, pypiDoor{s}, cargoDoor{s}, mavenDoor{s}} {
			if a := d.answer("http://127.0.0.1/", req); a.passed == nil && (a.status < 200 || a.status > 599) {
				t.Errorf("%s %s is answered %d", method, path, a.status)
			}
		}
	})
}
