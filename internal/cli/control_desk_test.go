package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

// sends publishes a module and returns what becomes of it.
func (f *furnished) sends(ctx context.Context, name, version string) error {
	f.t.Helper()
	zip := moduleZip(f.t, name, version)
	_, err := f.c.PublishModule(ctx, "go", name, version, bytes.NewReader(zip), int64(len(zip)))
	return err
}

// publisher may publish what the pattern says.
func (f *furnished) publisher(id, pattern string) context.Context {
	f.t.Helper()
	p := assay.PrincipalOf(f.reader(pattern))
	return assay.WithPrincipal(f.t.Context(), assay.Principal{ID: id, Publish: p.Read})
}

func TestHeldThroughTheControl(t *testing.T) {
	f := newFurnished(t)
	const name, purl = "github.com/g0rilla/mux", "pkg:golang/github.com/g0rilla/mux@v1.0.0"
	f.claim("pkg:golang/" + name)
	ours, theirs := f.publisher("t-ours", "pkg:golang/"+name), f.publisher("t-theirs", "pkg:golang/"+name)
	if err := f.sends(ours, name, "v1.0.0"); !assay.Is(err, assay.Forbidden) || !strings.Contains(err.Error(), "github.com/gorilla/mux") {
		t.Fatalf("a look-alike of gorilla/mux: %v", err)
	}
	held := must[[]api.Held](t)(f.c.Held(ours, false))
	if len(held) != 1 || held[0].Version != purl || held[0].State != "waiting" || held[0].By != "t-ours" || held[0].Finding.Target != "github.com/gorilla/mux" ||
		len(held[0].Files) == 0 || held[0].Files[0].Size == 0 || !strings.HasPrefix(string(held[0].Files[0].Blob), "sha256:") {
		t.Fatalf("held are %+v", held)
	}
	answer := api.HeldAnswer{ID: held[0].ID, Reason: "our  own\nship"}
	for _, tt := range []struct {
		name string
		do   func() error
		kind assay.Kind
	}{
		{"nobody known looks", func() error { _, err := f.c.Held(f.stranger(), true); return err }, assay.Unauthenticated},
		{"another publisher appeals", func() error { _, err := f.c.AppealHeld(theirs, answer); return err }, assay.NotFound},
		{"an appeal without words", func() error {
			_, err := f.c.AppealHeld(ours, api.HeldAnswer{ID: held[0].ID, Reason: " \n"})
			return err
		}, assay.Invalid},
		{"the publisher releases it", func() error { _, err := f.c.ReleaseHeld(ours, answer); return err }, assay.Forbidden},
		{"the publisher refuses it", func() error { _, err := f.c.RefuseHeld(ours, answer); return err }, assay.Forbidden},
		{"a release of nothing", func() error {
			_, err := f.c.ReleaseHeld(f.operator(), api.HeldAnswer{ID: "h-nonesuch", Reason: "x"})
			return err
		}, assay.NotFound},
	} {
		if err := tt.do(); !assay.Is(err, tt.kind) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.kind)
		}
	}
	if others := must[[]api.Held](t)(f.c.Held(theirs, true)); len(others) != 0 {
		t.Errorf("another publisher sees %+v", others)
	}
	if h := must[api.Held](t)(f.c.AppealHeld(ours, answer)); h.State != "appealed" || h.Appeal == "" || strings.Contains(h.Appeal, "\n") {
		t.Errorf("after the appeal it is %+v", h)
	}
	if got := f.file(f.operator(), "go", name, "v1.0.0.zip"); got == "passed" {
		t.Error("what is held is handed out")
	}
	released := must[api.HeldRelease](t)(f.c.ReleaseHeld(f.operator(), answer))
	if released.State != "released" || released.AnsweredBy != "operator" || released.Answered.IsZero() || released.By != "t-ours" {
		t.Errorf("after the release it is %+v", released)
	}
	if got := f.file(f.operator(), "go", name, "v1.0.0.zip"); got != "passed" {
		t.Errorf("what was released is %s", got)
	}
	if _, err := f.c.RefuseHeld(f.operator(), answer); !assay.Is(err, assay.Conflict) {
		t.Errorf("a second answer: %v", err)
	}
	if waiting := must[[]api.Held](t)(f.c.Held(f.operator(), false)); len(waiting) != 0 {
		t.Errorf("there wait %+v", waiting)
	}
	if err := f.sends(ours, name, "v1.1.0"); err != nil {
		t.Errorf("the next version: %v", err)
	}
}

func TestReportsAndRemovalThroughTheControl(t *testing.T) {
	f := newFurnished(t)
	f.claim("pkg:golang/corp.example/*")
	f.publish("corp.example/kettle", "v1.0.0")
	const purl = "pkg:golang/corp.example/kettle@v1.0.0"
	reader, other := f.reader("pkg:golang/corp.example/*"), f.publisher("t-other", "pkg:golang/else.example/*")
	for _, tt := range []struct {
		name, version string
		as            context.Context
		kind          assay.Kind
	}{
		{"nobody known", purl, f.stranger(), assay.Unauthenticated},
		{"who may not read it", purl, other, assay.NotFound},
		{"a whole package", "pkg:golang/corp.example/kettle", reader, assay.Invalid},
		{"a file", purl + "?file_name=v1.0.0.zip", reader, assay.Invalid},
		{"no package URL", "kettle", reader, assay.Invalid},
		{"a version that is not there", "pkg:golang/corp.example/kettle@v9.9.9", reader, assay.NotFound},
		{"a package that is not there", "pkg:golang/corp.example/pot@v1.0.0", reader, assay.NotFound},
	} {
		if _, err := f.c.Report(tt.as, api.NewReport{Version: tt.version, Reason: "odd"}); !assay.Is(err, tt.kind) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.kind)
		}
	}
	first := must[api.Report](t)(f.c.Report(reader, api.NewReport{Version: purl, Reason: "it phones home"}))
	second := must[api.Report](t)(f.c.Report(f.operator(), api.NewReport{Version: purl, Reason: "and it sings"}))
	if all := must[[]api.Report](t)(f.c.Reports(f.operator(), false)); len(all) != 2 || all[0].Version != purl {
		t.Errorf("reports are %+v", all)
	}
	if own := must[[]api.Report](t)(f.c.Reports(reader, true)); len(own) != 1 || own[0].ID != first.ID {
		t.Errorf("the reader's reports are %+v", own)
	}
	if _, err := f.c.CloseReport(reader, api.ReportAnswer{ID: first.ID, Reason: "done"}); !assay.Is(err, assay.Forbidden) {
		t.Errorf("a reader closes a report: %v", err)
	}
	if r := must[api.Report](t)(f.c.CloseReport(f.operator(), api.ReportAnswer{ID: second.ID, Reason: "so it should"})); r.Closed.IsZero() || r.AnsweredBy != "operator" {
		t.Errorf("it was closed as %+v", r)
	}

	for _, as := range []context.Context{f.stranger(), reader, f.publisher("t-ours", "pkg:golang/corp.example/*")} {
		if _, err := f.c.RemoveMalicious(as, api.NewMalicious{Version: purl, Reason: "mine"}); err == nil {
			t.Fatalf("%q removes as malicious", assay.PrincipalOf(as).ID)
		}
	}
	if own := must[[]api.OwnAdvisory](t)(f.c.OwnAdvisories(f.operator())); len(own) != 0 {
		t.Fatalf("a removal that was refused wrote %+v", own)
	}
	removal := must[api.MaliciousRemoval](t)(f.c.RemoveMalicious(f.operator(), api.NewMalicious{Version: purl, Reason: "it sends tokens away"}))
	if removal.Version != purl || removal.Status != assay.Removed || !strings.HasPrefix(removal.Advisory, "ASSAY-MAL-") {
		t.Errorf("the removal is %+v", removal)
	}
	if r := must[[]api.Report](t)(f.c.Reports(reader, true))[0]; r.Closed.IsZero() || r.Answer != "removed: it sends tokens away" {
		t.Errorf("the report about it is %+v", r)
	}
	own := must[[]api.OwnAdvisory](t)(f.c.OwnAdvisories(reader))
	if len(own) != 1 || own[0].ID != removal.Advisory || own[0].Version != purl || !json.Valid(own[0].Record) {
		t.Errorf("the advisories are %+v", own)
	}
	if seen := must[[]api.OwnAdvisory](t)(f.c.OwnAdvisories(other)); len(seen) != 0 {
		t.Errorf("who may not read the package sees %+v", seen)
	}
	if _, err := f.c.RemoveMalicious(f.operator(), api.NewMalicious{Version: purl, Reason: "again"}); !assay.Is(err, assay.Conflict) {
		t.Errorf("a second removal: %v", err)
	}
	if got := f.file(f.operator(), "go", "corp.example/kettle", "v1.0.0.zip"); got == "passed" {
		t.Error("what was removed as malicious is handed out")
	}
}
