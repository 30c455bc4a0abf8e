package ownbuildprovenance

import (
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe/probetest"
)

func TestPages(t *testing.T) {
	const bare = `<a href="/r/server-1.0.tar.gz">server</a>`
	cases := map[string]struct {
		kind, body string
		want       scorecard.Outcome
		says       string
	}{
		"links to both":         {"text/html", bare + `<a href="/r/server.intoto.jsonl?raw=1">p</a><a href="/r/server.spdx.json#x">s</a>`, scorecard.Holds, "server.intoto.jsonl"},
		"words of both":         {"text/html", bare + `<td>server.sigstore.json</td><td>server-sbom.json</td>`, scorecard.Holds, ""},
		"JSON of a forge":       {"application/json", `[{"assets":[{"name":"server.tar.gz"},{"name":"server.attestation"},{"name":"server.cdx.json"}]}]`, scorecard.Holds, ""},
		"plain text":            {"text/plain", "server.tar.gz\nserver.provenance\nserver.bom.json\n", scorecard.Holds, ""},
		"provenance alone":      {"text/html", bare + `<a href="server.sigstore">p</a>`, scorecard.Partly, "no SBOM"},
		"an SBOM alone":         {"text/html", bare + `<a href="server.spdx.json">s</a>`, scorecard.Partly, "no provenance"},
		"neither":               {"text/html", bare, scorecard.Fails, "of the 1 files"},
		"promises":              {"text/html", bare + `<p>SBOM and provenance will come. See /about/sbom for .intoto.jsonl files.`, scorecard.Fails, ""},
		"no file":               {"text/html", `<p>Releases are made at times.`, scorecard.CouldNotTell, "no file"},
		"nothing":               {"text/html", ``, scorecard.CouldNotTell, "no file"},
		"JSON of a great depth": {"application/json", strings.Repeat("[", 500) + `"a.spdx.json"` + strings.Repeat("]", 500), scorecard.CouldNotTell, ""},
	}
	const at = "https://code.example/releases"
	for name, c := range cases {
		b := probetest.Bench(probetest.Acts{}, probetest.Pages{at: probetest.Text(c.kind, c.body)})
		b.Subject.Pages["releases"] = at
		f := probetest.Find(t, Check(), b)
		if f.Outcome != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestFilesThatAreLoadedLater(t *testing.T) {
	pages := probetest.Pages{
		"https://code.example/releases": probetest.Text("text/html", `<a href="/x.zip">x</a><include-fragment src="/releases/expanded_assets/v1"></include-fragment>
<include-fragment src="https://elsewhere.example/expanded_assets/v1"></include-fragment>`),
		"https://code.example/releases/expanded_assets/v1": probetest.Text("text/html", `<a href="/x.intoto.jsonl">p</a><a href="/x.spdx.json">s</a>`),
		"https://elsewhere.example/expanded_assets/v1":     probetest.Status(500),
	}
	b := probetest.Bench(probetest.Acts{}, pages)
	b.Subject.Pages["releases"] = "https://code.example/releases"
	if f := probetest.Find(t, Check(), b); f.Outcome != scorecard.Holds {
		t.Errorf("%s: %s", f.Outcome, f.Reason)
	}
}

func TestNoPage(t *testing.T) {
	b := probetest.Bench(probetest.Acts{}, probetest.Dead())
	if f := probetest.Find(t, Check(), b); f.Outcome != scorecard.NotSupported {
		t.Errorf("not stated: %s", f.Outcome)
	}
	b.Subject.Pages["releases"] = "https://code.example/releases"
	if f := probetest.Find(t, Check(), b); f.Outcome != scorecard.CouldNotTell {
		t.Errorf("no answer: %s", f.Outcome)
	}
	b.Visit = probetest.Pages{}
	if f := probetest.Find(t, Check(), b); f.Outcome != scorecard.CouldNotTell || !strings.Contains(f.Reason, "404") {
		t.Errorf("not there: %s: %s", f.Outcome, f.Reason)
	}
}

func FuzzFileName(f *testing.F) {
	f.Add("https://code.example/x.intoto.jsonl?raw=1")
	f.Add("..")
	f.Add("%zz.sbom")
	f.Fuzz(func(t *testing.T, s string) {
		n := fileName(s)
		if strings.Contains(n, "/") || n == "." || n == ".." {
			t.Errorf("%q is read as the file %q", s, n)
		}
	})
}
