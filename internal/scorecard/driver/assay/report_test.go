package assay

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
)

// private answers as a server does of a package that not everybody may read.
type private struct{ asked []string }

func (p *private) Do(_ context.Context, r scorecard.Request) (scorecard.Response, error) {
	p.asked = append(p.asked, r.As.Who+" "+strings.TrimPrefix(r.URL, "http://127.0.0.1:1/api/v1/"))
	switch secret := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "); {
	case strings.HasSuffix(r.URL, "tokens") && secret == "of the administrator":
		return scorecard.Response{Status: 200, Body: []byte(`{"secret":"of a reader","token":{"id":"t-1"}}`)}, nil
	case secret == "":
		return scorecard.Response{Status: 401, Body: []byte(`{"message":"a report needs a token"}`)}, nil
	case secret == "of a reader" || secret == publisher.Secret:
		return scorecard.Response{Status: 200, Body: []byte(`{"id":"r-1"}`)}, nil
	}
	return scorecard.Response{Status: 404, Body: []byte(`{"message":"there is no such package"}`)}, nil
}

func TestReport(t *testing.T) {
	for _, tt := range []struct {
		name    string
		as      scorecard.Credential
		verdict scorecard.Verdict
		asked   string
	}{
		{"by the publisher", publisher, scorecard.Accepted, "publisher reports"},
		{"by somebody who may not read it", scorecard.Credential{Who: "stranger", Secret: "of the stranger"}, scorecard.Accepted,
			"stranger reports, administrator tokens, a reader reports"},
		{"by nobody known", scorecard.Credential{}, scorecard.Refused, " reports"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &private{}
			a := unstarted(assay.NPM, p).Report(t.Context(), tt.as, "kettle", "1.0.0", "it phones home")
			if got := strings.Join(p.asked, ", "); a.Verdict != tt.verdict || got != tt.asked {
				t.Errorf("it is %s; asked %q, want %q", a, got, tt.asked)
			}
		})
	}
	broken := unstarted(assay.NPM, canned{200, "<p>Please sign in", nil})
	if a := broken.Report(t.Context(), publisher, "kettle", "1.0.0", "no"); a.Verdict != scorecard.Accepted {
		t.Errorf("a report that was taken without words is %s", a)
	}
}

// told is a machine that runs commands in name only.
type told struct {
	driver.Machine
	args   []string
	failed error
}

func (m *told) Run(_ context.Context, c driver.Command) ([]byte, error) {
	m.args = c.Args
	return nil, m.failed
}

func TestAdvise(t *testing.T) {
	for _, tt := range []struct {
		e                         assay.Ecosystem
		name, fixed               string
		ecosystem, as, kind, last string
	}{
		{assay.NPM, "@acme/kettle", "1.0.1", "npm", "@acme/kettle", "SEMVER", "1.0.1"},
		{assay.Golang, "a.example/b", "v1.0.1", "Go", "a.example/b", "SEMVER", "1.0.1"},
		{assay.PyPI, "kettle", "1.0.1", "PyPI", "kettle", "ECOSYSTEM", "1.0.1"},
		{assay.Cargo, "kettle", "1.0.1", "crates" + "." + "io", "kettle", "SEMVER", "1.0.1"},
		{assay.Maven, "a.example/kettle", "1.0.1", "Maven", "a.example:kettle", "ECOSYSTEM", "1.0.1"},
	} {
		t.Run(string(tt.e), func(t *testing.T) {
			a := unstarted(tt.e, canned{}).(*acts)
			a.instance.worlds = nil // nothing was started that a command would need
			machine := &told{}
			a.instance.machine, a.instance.folder, a.instance.options = machine, t.TempDir(), driver.Options{}.Filled()
			if err := os.Mkdir(a.instance.advisories(), 0o700); err != nil {
				t.Fatal(err)
			}
			if answer := a.Advise(t.Context(), tt.name, tt.fixed); answer.Verdict != scorecard.Accepted {
				t.Fatalf("it is %s", answer)
			}
			if got := strings.Join(machine.args[:2], " "); got != "advisories refresh" {
				t.Errorf("the server was told %q", got)
			}
			files, err := filepath.Glob(filepath.Join(a.instance.advisories(), "*"))
			if err != nil || len(files) != 1 || filepath.Ext(files[0]) != ".json" {
				t.Fatalf("the folder holds %v (%v)", files, err)
			}
			text, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			var r osvRecord
			if err := json.Unmarshal(text, &r); err != nil {
				t.Fatal(err)
			}
			got := r.Affected[0]
			if got.Package != (osvPackage{tt.ecosystem, tt.as}) || got.Ranges[0].Type != tt.kind || got.Ranges[0].Events[1]["fixed"] != tt.last || r.ID+".json" != filepath.Base(files[0]) {
				t.Errorf("the record is %s", text)
			}
			if _, err := time.Parse(time.RFC3339, r.Modified); err != nil {
				t.Error(err)
			}
			machine.failed = errors.New("no server runs")
			if answer := a.Advise(t.Context(), tt.name, tt.fixed); answer.Verdict != scorecard.Unclear {
				t.Errorf("a server that is not told of it: %s", answer)
			}
			a.instance.folder = filepath.Join(t.TempDir(), "gone")
			if answer := a.Advise(t.Context(), tt.name, tt.fixed); answer.Verdict != scorecard.Unclear {
				t.Errorf("without a folder: %s", answer)
			}
		})
	}
}
