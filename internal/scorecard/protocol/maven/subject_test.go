package maven

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/badregistry"
	"assay.invalid/internal/scorecard/visit"
)

func want(t *testing.T, doing string, a scorecard.Answer, v scorecard.Verdict) {
	t.Helper()
	if a.Verdict != v {
		t.Fatalf("to %s: %s, want %s", doing, a, v)
	}
}

// good is a registry that does everything right, as the protocol sees it.
func good(t *testing.T, sins ...badregistry.Sin) (*badregistry.Registry, *acts) {
	t.Helper()
	r, err := badregistry.Start(badregistry.Config{Sins: sins})
	if err != nil {
		t.Fatal(err)
	}
	base := r.Subject().Addresses[assay.Maven]
	v := visit.New(visit.Config{Subject: []string{base}, Acting: true})
	t.Cleanup(func() {
		v.Close()
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r, New().Open(base, v.Record()).(*acts)
}

// at is a subject of a handler, with the Authorization headers that it got.
func at(t *testing.T, h http.HandlerFunc) (*acts, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var sent []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		sent = append(sent, r.Header.Get("Authorization"))
		mu.Unlock()
		h(w, r)
	}))
	v := visit.New(visit.Config{Subject: []string{s.URL}, Acting: true})
	t.Cleanup(func() { v.Close(); s.Close() })
	return New().Open(s.URL, v.Record()).(*acts), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(sent)
	}
}

func says(status int, media, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestAnArtifactFromItsDeployToItsListing(t *testing.T) {
	ctx := context.Background()
	r, a := good(t)
	publisher := r.Publisher(assay.Maven)
	want(t, "recognise it", a.Recognise(ctx), scorecard.Accepted)
	one := scorecard.Release{Name: "example.trial/life", Version: "1.0.0", Files: map[string]string{"README.md": "a jar\n"},
		Homepage: "https://home.example/", Repository: "https://code.example/x", Mail: "a@mail.example", Dependencies: map[string]string{"junit/junit": "4.12"}}
	_, answer := a.Listing(ctx, scorecard.Credential{}, one.Name)
	want(t, "list what is not there", answer, scorecard.Absent)
	want(t, "deploy without a token", a.Publish(ctx, scorecard.Credential{}, one), scorecard.Refused)
	want(t, "deploy as a stranger", a.Publish(ctx, r.Stranger(assay.Maven), one), scorecard.Refused)
	want(t, "deploy", a.Publish(ctx, publisher, one), scorecard.Accepted)
	want(t, "deploy it twice", a.Publish(ctx, publisher, one), scorecard.Refused)
	two := one
	two.Version = "1.1.0"
	want(t, "deploy the next version", a.Publish(ctx, publisher, two), scorecard.Accepted)
	l, answer := a.Listing(ctx, scorecard.Credential{}, one.Name)
	want(t, "list", answer, scorecard.Accepted)
	if v := l.Versions["1.0.0"]; l.Latest != "1.1.0" || len(l.Versions) != 2 || v.Published.IsZero() || v.Homepage != one.Homepage ||
		v.Repository != one.Repository || v.Mail != one.Mail || v.Dependencies["junit/junit"] != "4.12" {
		t.Errorf("listed as %+v", l.Versions)
	}
	f, answer := a.File(ctx, scorecard.Credential{}, one.Name, "1.0.0")
	want(t, "fetch the file", answer, scorecard.Accepted)
	if f.Digests["sha512"] != l.Versions["1.0.0"].Digests["sha512"] || len(f.Digests["sha512"]) != 128 {
		t.Errorf("the file has %v and is listed with %v", f.Digests, l.Versions["1.0.0"].Digests)
	}
	_, answer = a.File(ctx, scorecard.Credential{}, one.Name, "9.0.0")
	want(t, "fetch what never was", answer, scorecard.Absent)
	want(t, "yank", a.SetStatus(ctx, publisher, one.Name, "1.1.0", assay.Yanked, ""), scorecard.NoCall)
	names, answer := a.Samples(ctx, 5)
	want(t, "find samples", answer, scorecard.Accepted)
	if !slices.Equal(names, []string{"junit/junit", "org.slf4j/slf4j-api"}) {
		t.Errorf("the samples are %v", names)
	}
}

func TestTheStrongestSideFileCounts(t *testing.T) {
	ctx := context.Background()
	for sin, algorithm := range map[badregistry.Sin]string{"": "sha512", badregistry.WeakDigests: "sha1", badregistry.NoDigests: ""} {
		var sins []badregistry.Sin
		if sin != "" {
			sins = append(sins, sin)
		}
		_, a := good(t, sins...)
		l, answer := a.Listing(ctx, scorecard.Credential{}, "junit/junit")
		want(t, "list", answer, scorecard.Accepted)
		v := l.Versions["4.12"]
		if algorithm == "" && len(v.Digests) != 0 || algorithm != "" && (len(v.Digests) != 1 || v.Digests[algorithm] == "") || v.Digests == nil {
			t.Errorf("with %q the digests are %v", sin, v.Digests)
		}
	}
}

func TestOnlySoManyVersionsAreLookedAt(t *testing.T) {
	asked := map[string]bool{}
	a, _ := at(t, func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path] = true
		if strings.HasSuffix(r.URL.Path, "/maven-metadata.xml") {
			says(200, "text/xml", "<metadata><versioning><release>9.9</release><versions><version>1.0</version><version>1.1</version><version>1.2-SNAPSHOT</version><version>1.2</version><version>1.3</version><version>1.4</version></versions></versioning></metadata>")(w, r)
			return
		}
		says(404, "text/plain", "no")(w, r)
	})
	l, answer := a.Listing(context.Background(), scorecard.Credential{}, "g/a")
	want(t, "list", answer, scorecard.Accepted)
	if l.Latest != "1.4" {
		t.Errorf("a release that is not listed was chosen: %s", l.Latest)
	}
	for version, looked := range map[string]bool{"1.4": true, "1.1": true, "1.0": false, "1.2-SNAPSHOT": false} {
		if got := asked["/g/a/"+version+"/a-"+version+".pom"]; got != looked || (l.Versions[version].Digests != nil) != looked {
			t.Errorf("%s was looked at: %v", version, got)
		}
	}
}

// every act with an answer, so that each can be tried on a server that lies.
func every(a *acts) map[string]func(context.Context) scorecard.Answer {
	as := scorecard.Credential{Who: "publisher", Secret: "secret"}
	return map[string]func(context.Context) scorecard.Answer{
		"recognise": a.Recognise,
		"samples":   func(ctx context.Context) scorecard.Answer { _, x := a.Samples(ctx, 2); return x },
		"listing":   func(ctx context.Context) scorecard.Answer { _, x := a.Listing(ctx, as, "junit/junit"); return x },
		"file":      func(ctx context.Context) scorecard.Answer { _, x := a.File(ctx, as, "junit/junit", "4.12"); return x },
		"publish": func(ctx context.Context) scorecard.Answer {
			return a.Publish(ctx, as, scorecard.Release{Name: "g/a", Version: "1.0.0"})
		},
	}
}

func TestAServerThatAnswersEverythingWrongIsNeverBelieved(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"a web page":                     says(200, "text/html", "<!DOCTYPE html><title>Log in</title>"),
		"a web page that it calls XML":   says(200, "text/xml", "<html><body>hello</body></html>"),
		"text":                           says(200, "text/plain", "hello"),
		"JSON":                           says(200, "application/json", `{"versions":["1.0"]}`),
		"nothing":                        says(200, "text/xml", ""),
		"broken XML":                     says(200, "text/xml", "<metadata><versioning><versions><version>1.0"),
		"another artifact":               says(200, "text/xml", "<metadata><groupId>x</groupId><artifactId>y</artifactId><versioning><versions><version>1.0</version></versions></versioning></metadata>"),
		"a version that climbs":          says(200, "text/xml", "<metadata><versioning><versions><version>../../1.0</version></versions></versioning></metadata>"),
		"a bomb of entities":             says(200, "text/xml", `<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><metadata><versioning><versions><version>&b;</version></versions></versioning></metadata>`),
		"a file of the server's machine": says(200, "text/xml", `<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]><metadata><versioning><versions><version>&a;</version></versions></versioning></metadata>`),
		"elements nested without end":    says(200, "text/xml", strings.Repeat("<metadata>", 50_000)),
		"a fault of its own":             says(500, "text/plain", "oh"),
		"half an answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "<metadata>")
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := at(t, h)
			a.limits.Metadata, a.limits.POM, a.limits.Answer, a.limits.File = 1<<20, 1<<20, 1<<20, 1<<20
			for doing, act := range every(a) {
				got := act(context.Background())
				// A file of Maven's may be XML or JSON and be one all the same.
				file := doing == "file" && strings.Contains("a web page that it calls XML broken XML another artifact a version that climbs a bomb of entities a file of the server's machine elements nested without end", name)
				if got.Verdict == scorecard.Accepted && !file {
					t.Errorf("%s: %s", doing, got)
				}
				if got.Verdict == scorecard.Unclear && got.Reason == "" {
					t.Errorf("%s: unclear without a reason", doing)
				}
			}
		})
	}
}

func TestWhatIsNoRepositoryIsNotRecognised(t *testing.T) {
	junit := "<metadata><groupId>junit</groupId><artifactId>junit</artifactId><versioning><versions><version>4.12</version></versions></versioning></metadata>"
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    scorecard.Verdict
	}{
		"a well-known artifact": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/junit/junit/maven-metadata.xml" {
				says(200, "text/xml", junit)(w, r)
				return
			}
			says(404, "text/html", "<html>404")(w, r)
		}, scorecard.Accepted},
		"a refusal that speaks of artifacts": {says(404, "text/plain", "Could not find artifact"), scorecard.Accepted},
		"any web server":                     {says(404, "text/plain", "404 page not found"), scorecard.Unclear},
		"a site of one page":                 {says(200, "text/html", "<!doctype html>"), scorecard.Unclear},
		"every artifact there is":            {says(200, "text/xml", "<metadata><versioning><versions><version>1</version></versions></versioning></metadata>"), scorecard.Unclear},
		"a wall with a log-in":               {says(401, "text/plain", "log in"), scorecard.Refused},
		"a wall that says to wait":           {says(429, "text/plain", "slow down"), scorecard.Throttled},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := at(t, c.handler)
			want(t, "recognise it", a.Recognise(context.Background()), c.want)
		})
	}
}

func TestADeployIsTheOneThatMavenMakes(t *testing.T) {
	var put []string
	a, sent := at(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			put = append(put, r.URL.Path)
			w.WriteHeader(http.StatusCreated)
			return
		}
		says(404, "text/plain", "no")(w, r)
	})
	answer := a.Publish(context.Background(), scorecard.Credential{Secret: "s3"}, scorecard.Release{Name: "org.x/y-z", Version: "1.0"})
	want(t, "deploy", answer, scorecard.Accepted)
	folder := "/org/x/y-z/"
	wanted := []string{
		folder + "1.0/y-z-1.0.jar", folder + "1.0/y-z-1.0.jar.md5", folder + "1.0/y-z-1.0.jar.sha1",
		folder + "1.0/y-z-1.0.pom", folder + "1.0/y-z-1.0.pom.md5", folder + "1.0/y-z-1.0.pom.sha1",
		folder + "maven-metadata.xml", folder + "maven-metadata.xml.md5", folder + "maven-metadata.xml.sha1",
	}
	if !slices.Equal(put, wanted) {
		t.Errorf("sent were %v", put)
	}
	for _, header := range sent() {
		if header != "Basic dG9rZW46czM=" {
			t.Errorf("the token was sent as %q", header)
		}
	}
}
