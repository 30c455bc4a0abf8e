package nginxdav

import (
	"context"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
)

func TestTheConfiguration(t *testing.T) {
	for name, c := range map[string]struct {
		folder string
		root   bool
		holds  string
		kind   assay.Kind
	}{
		"for anybody":                {folder: "/tmp/a folder", holds: `root "/tmp/a folder/repository";`},
		"for the administrator":      {folder: "/tmp/a", root: true, holds: "user root;\n"},
		"a folder that ends a quote": {folder: `/tmp/a"b`, kind: assay.Invalid},
		"a folder with a variable":   {folder: "/tmp/$HOME", kind: assay.Invalid},
		"a folder that hides a line": {folder: "/tmp/a\nb", kind: assay.Invalid},
		"a folder with a backslash":  {folder: `/tmp/a\`, kind: assay.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := configure("127.0.0.1:5", c.folder, "/tmp/passwords", c.root)
			if c.holds == "" {
				if !assay.Is(err, c.kind) {
					t.Errorf("it is %q: %v", text, err)
				}
				return
			}
			if err != nil || !strings.Contains(text, c.holds) || !strings.Contains(text, "listen 127.0.0.1:5;") {
				t.Errorf("it is %q: %v", text, err)
			}
			if strings.Contains(text, "user root;") != c.root {
				t.Error("the rights are not those of whoever started it")
			}
		})
	}
	if _, err := Start(t.Context(), nil, driver.Options{Ecosystems: []assay.Ecosystem{assay.PyPI}}); !assay.Is(err, assay.Invalid) {
		t.Errorf("for PyPI it says %v", err)
	}
}

// noted remembers what was asked.
type noted struct{ asked []string }

func (n *noted) Do(_ context.Context, r scorecard.Request) (scorecard.Response, error) {
	n.asked = append(n.asked, r.Method+" "+r.URL)
	return scorecard.Response{Status: 204}, nil
}

func TestFoldersAreRemovedAndNothingElse(t *testing.T) {
	for name, c := range map[string]struct{ artifact, version, asked string }{
		"a version":                     {"org.acme/kettle", "1.0.0", "DELETE http://127.0.0.1:1/org/acme/kettle/1.0.0/"},
		"an artifact":                   {"org.acme/kettle", "", "DELETE http://127.0.0.1:1/org/acme/kettle/"},
		"a name with a colon":           {"org.acme:kettle", "", "DELETE http://127.0.0.1:1/org/acme/kettle/"},
		"a version with a sign":         {"acme/kettle", "1.0?x", "DELETE http://127.0.0.1:1/acme/kettle/1.0%3Fx/"},
		"a group alone":                 {"org.acme", "", ""},
		"nothing":                       {"", "", ""},
		"an artifact that leads out":    {"org.acme/..", "", ""},
		"a group with an empty part":    {"org..acme/kettle", "", ""},
		"a version that leads out":      {"org.acme/kettle", "..", ""},
		"an artifact with more folders": {"org.acme/kettle/lid", "", ""},
		"a group that is nothing":       {"/kettle", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := &noted{}
			a := open("http://127.0.0.1:1/", v).Remove(t.Context(), scorecard.Credential{}, c.artifact, c.version, "")
			if got := strings.Join(v.asked, ", "); got != c.asked {
				t.Errorf("it asked %q, want %q", got, c.asked)
			}
			if (a.Verdict == scorecard.Accepted) != (c.asked != "") {
				t.Errorf("it is %s", a)
			}
		})
	}
}

func FuzzFolders(f *testing.F) {
	f.Add("org.acme/kettle", "1.0.0")
	f.Add("a.b:c", "..")
	f.Fuzz(func(t *testing.T, name, version string) {
		path, ok := layout(name, version)
		if !ok {
			return
		}
		for _, part := range strings.Split(strings.TrimSuffix(path, "/"), "/") {
			if part == "" || part == "." || part == ".." {
				t.Errorf("%q %q leads to %q", name, version, path)
			}
		}
		if strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?#") {
			t.Errorf("%q %q leads to %q", name, version, path)
		}
	})
}
