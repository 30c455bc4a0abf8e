package pypiserver

import (
	"context"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
)

// canned answers what it was asked about a project, and every change with a
// status.
type canned struct {
	project string
	status  int
	sent    []string
}

func (c *canned) Do(_ context.Context, r scorecard.Request) (scorecard.Response, error) {
	if strings.HasSuffix(r.URL, "/json") {
		if c.project == "" {
			return scorecard.Response{Status: 404}, nil
		}
		return scorecard.Response{Status: 200, Body: []byte(c.project)}, nil
	}
	c.sent = append(c.sent, string(r.Body))
	return scorecard.Response{Status: c.status}, nil
}

func TestAWholeProjectIsRemovedVersionByVersion(t *testing.T) {
	for name, c := range map[string]struct {
		project string
		version string
		status  int
		want    scorecard.Verdict
		sent    string
	}{
		"one version":          {version: "1.0.0", status: 200, want: scorecard.Accepted, sent: "1.0.0"},
		"all":                  {project: `{"releases":{"1.1.0":[],"1.0.0":[]}}`, status: 200, want: scorecard.Accepted, sent: "1.0.0 1.1.0"},
		"one that is not ours": {version: "1.0.0", status: 403, want: scorecard.Refused, sent: "1.0.0"},
		"the first fails":      {project: `{"releases":{"1.1.0":[],"1.0.0":[]}}`, status: 403, want: scorecard.Refused, sent: "1.0.0"},
		"nothing is there":     {want: scorecard.Absent},
		"no versions":          {project: `{"releases":{}}`, want: scorecard.Absent},
		"an answer of another": {project: `[1]`, want: scorecard.Unclear},
		"a web page":           {project: `<!DOCTYPE html>`, want: scorecard.Unclear},
	} {
		t.Run(name, func(t *testing.T) {
			v := &canned{project: c.project, status: c.status}
			a := open("http://127.0.0.1:1/", v).Remove(t.Context(), scorecard.Credential{Who: "publisher", Secret: "publisher:secret"}, "acme-kettle", c.version, "")
			if a.Verdict != c.want {
				t.Errorf("it is %s, want %s", a, c.want)
			}
			var versions []string
			for _, form := range v.sent {
				if !strings.Contains(form, "name=acme_kettle") || !strings.Contains(form, "remove_pkg") {
					t.Errorf("it sent %q", form)
				}
				_, version, _ := strings.Cut(form, "version=")
				versions = append(versions, version)
			}
			if got := strings.Join(versions, " "); got != c.sent {
				t.Errorf("it removed %q, want %q", got, c.sent)
			}
		})
	}
	if _, err := Start(t.Context(), nil, driver.Options{Ecosystems: []assay.Ecosystem{assay.Maven}}); !assay.Is(err, assay.Invalid) {
		t.Errorf("for Maven it says %v", err)
	}
}

func FuzzReleases(f *testing.F) {
	f.Add(`{"releases":{"1.0.0":[]}}`)
	f.Add(`{"releases":{"":null}}`)
	f.Fuzz(func(t *testing.T, project string) {
		v := &canned{project: project, status: 200}
		a := open("http://127.0.0.1:1/", v).Remove(t.Context(), scorecard.Credential{}, "kettle", "", "")
		if a.Verdict == scorecard.Accepted && len(v.sent) == 0 {
			t.Error("it says that something was removed, and nothing was")
		}
	})
}
