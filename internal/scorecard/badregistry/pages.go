package badregistry

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// page answers at the root.
func (r *Registry) page(req *http.Request, path string) answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, err := r.pageAnswer(req, path)
	if err != nil {
		return asRefusal(err, true)
	}
	return a
}

func (r *Registry) pageAnswer(req *http.Request, path string) (answer, error) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		return answer{}, refuse(http.StatusMethodNotAllowed, "pages are only read")
	}
	switch {
	case path == "":
		return render(homePage, nil)
	case path == "releases":
		return render(releasesPage, map[string]bool{"Bare": r.sins[ReleasesBare]})
	case path == "events":
		return r.eventsPage()
	case path == ".well-known/security.txt":
		return r.securityText()
	case strings.HasPrefix(path, "package/"):
		return r.packagePage(strings.TrimPrefix(path, "package/"))
	case strings.HasPrefix(path, "log/"):
		return r.logFile(strings.TrimPrefix(path, "log/"))
	case strings.HasPrefix(path, "tuf/") && !r.sins[NoTUF]:
		if doc, ok := r.tuf[strings.TrimPrefix(path, "tuf/")]; ok {
			return answer{status: http.StatusOK, kind: kindJSON, body: doc}, nil
		}
	case path == "scorecard/assessment.yaml" && !r.sins[NoAssessment]:
		return answer{status: http.StatusOK, kind: "application/yaml", body: assessment()}, nil
	case path == "scorecard/card.json" && !r.sins[NoCard]:
		return answer{status: http.StatusOK, kind: kindJSON, body: r.card}, nil
	}
	return answer{}, notFound(path)
}

func (r *Registry) logFile(path string) (answer, error) {
	switch {
	case path == "checkpoint":
		head, err := r.checkpoint()
		return answer{status: http.StatusOK, kind: kindPlain, body: head}, err
	case path == "advisories":
		return r.malware(), nil
	case strings.HasPrefix(path, "tile/"):
		content, err := r.tile(path)
		return answer{status: http.StatusOK, kind: kindBytes, body: content}, err
	}
	return answer{}, notFound(path)
}

// malware lists advisories as OSV records, among them one on a malicious
// package.
func (r *Registry) malware() answer {
	at := r.now().Add(-24 * time.Hour).UTC().Format(time.RFC3339)
	if r.sins[AdvisoriesNotOSV] {
		return asJSON(http.StatusOK, []map[string]string{{"package": "crossenv", "verdict": "bad", "found": at}})
	}
	affected := func(name string) []map[string]any {
		return []map[string]any{{"package": map[string]string{"ecosystem": "npm", "name": name},
			"ranges": []map[string]any{{"type": "SEMVER", "events": []map[string]string{{"introduced": "0"}}}}}}
	}
	return asJSON(http.StatusOK, []map[string]any{
		{"schema_version": "1.6.0", "id": "MAL-2026-0001", "modified": at, "published": at, "summary": "Malicious code in crossenv",
			"details": "The package sent the environment of its users to a server of its author.", "affected": affected("crossenv"),
			"database_specific": map[string]any{"malicious": true}},
		{"schema_version": "1.6.0", "id": "GHSA-good-spot-0001", "modified": at, "published": at, "summary": "A hole made for tests",
			"affected": affected("spotted-granite")},
	})
}

// eventsPage is the event log as one JSON object a line.
func (r *Registry) eventsPage() (answer, error) {
	happened, err := r.newestEvents("", 1000)
	if err != nil {
		return answer{}, err
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	for _, e := range happened {
		if err := encoder.Encode(e); err != nil {
			return answer{}, err
		}
	}
	return answer{status: http.StatusOK, kind: "application/x-ndjson", body: b.Bytes()}, nil
}

// securityText is the file of RFC 9116.
func (r *Registry) securityText() (answer, error) {
	if r.sins[NoSecurityTxt] {
		return answer{}, notFound("security.txt")
	}
	expires := r.now().AddDate(0, 6, 0)
	if r.sins[SecurityTxtExpired] {
		expires = r.now().AddDate(-1, 0, 0)
	}
	return asText(http.StatusOK, "Contact: mailto:security@good.example\nExpires: "+expires.UTC().Format(time.RFC3339)+
		"\nPreferred-Languages: en\nCanonical: "+r.origin+"/.well-known/security.txt\nPolicy: https://good.example/disclosure\n"), nil
}

// shown is what a package's page says.
type shown struct {
	Name, Newest string
	Report       bool
	Advisories   []advisory
	HasAudit     bool
	Tell         bool // of provenance
	Attested     bool
	Lapsed       string // the newest version that was attested, if the newest is not
}

// packagePage takes the name escaped or not.
func (r *Registry) packagePage(escaped string) (answer, error) {
	name, err := url.PathUnescape(escaped)
	if err != nil {
		return answer{}, notFound(escaped)
	}
	for _, w := range worlds() {
		e := w.ecosystem
		p := r.packages[e][name]
		if p == nil {
			continue
		}
		told := e == assay.NPM || e == assay.PyPI // the others know of neither
		s := shown{Name: name, Report: !r.sins[NoReportLink], HasAudit: told && !r.sins[PageHidesAdvisories],
			Tell: told && !r.sins[PageHidesProvenance]}
		newest := r.latest(p)
		for _, a := range advisories() {
			known := a.ecosystem == e && a.name == name && !r.sins[PageHidesAdvisories]
			if known {
				s.Advisories = append(s.Advisories, a)
			}
		}
		for _, v := range r.listed(p) {
			if v.bundle != nil {
				s.Lapsed = v.Number
			}
		}
		if newest != nil {
			s.Newest, s.Attested = newest.Number, newest.bundle != nil
		}
		return render(packagePage, s)
	}
	return answer{}, notFound(name)
}

func render(page func() *template.Template, with any) (answer, error) {
	var b bytes.Buffer
	if err := page().Execute(&b, with); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, kind: kindPage, body: b.Bytes()}, nil
}

func homePage() *template.Template {
	return parsed(`<h1>A good registry</h1><p>npm at /npm/, Go at /go/, PyPI at /pypi/, Cargo at /cargo/, Maven at /maven/.</p>`)
}

func releasesPage() *template.Template {
	return parsed(`<h1>Releases of the server</h1><ul>
<li><a href="/releases/good-1.0.0-linux-amd64.tar.gz">good-1.0.0-linux-amd64.tar.gz</a></li>{{if not .Bare}}
<li><a href="/releases/good-1.0.0-linux-amd64.tar.gz.intoto.jsonl">good-1.0.0-linux-amd64.tar.gz.intoto.jsonl</a></li>
<li><a href="/releases/good-1.0.0-linux-amd64.tar.gz.spdx.json">good-1.0.0-linux-amd64.tar.gz.spdx.json</a></li>{{end}}
</ul>`)
}

func packagePage() *template.Template {
	return parsed(`<h1>{{.Name}} {{.Newest}}</h1>{{if .Tell}}
{{if .Attested}}<p>Provenance: version {{.Newest}} has a signed attestation of how it was built.</p>
{{else if .Lapsed}}<p>Provenance is missing: {{.Newest}} has no attestation, although {{.Lapsed}} had one.</p>
{{else}}<p>No version has provenance.</p>{{end}}{{end}}{{if .HasAudit}}
<h2>Known vulnerabilities</h2>{{range .Advisories}}
<p><a href="https://advisories.example/{{.ID}}">{{.ID}}</a> ({{.Number}}): {{.Title}}, in versions {{.Spelled}}</p>{{else}}<p>None.</p>{{end}}{{end}}{{if .Report}}
<p><a href="/report?package={{.Name}}">Report this package as malware</a></p>{{end}}`)
}

func parsed(body string) *template.Template {
	return template.Must(template.New("page").Parse(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A good registry</title></head><body>` + body + `</body></html>`))
}
