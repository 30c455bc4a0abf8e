package api

import (
	"context"
	"net/http/httptest"
	"reflect"
	"testing"

	"assay.invalid/internal/assay"
)

var (
	oneSource = Source{Kind: AdvisorySources, Name: "feed", From: "https://feed.example/all.zip", Added: when, By: "operator",
		Records: 7, Withdrawn: 1, Elsewhere: 2, Broken: 3, Read: when, Tried: when, Next: when, Problems: []string{"a < b"}}
	oneNewSource = NewSource{Name: "feed", From: "https://feed.example/all.zip?a=b&c"}
	oneExposure  = Exposure{Subject: "GHSA-1", Advisories: []string{"GHSA-1"}, Packages: []assay.Coordinate{{Ecosystem: assay.NPM, Name: "@s/n"}}, RecordsSince: "2026-11-01",
		Versions: []ExposedVersion{{Version: assay.Coordinate{Ecosystem: assay.NPM, Name: "@s/n", Version: "1.0.0"}, Stored: 1, First: when, Last: when, Fetched: 3,
			Fetches: []ExposedFetch{{Day: "2026-11-02", Principal: "t-1", Note: "ci", Count: 3}}}}}
)

func (r *recorder) Sources(ctx context.Context, kind SourceKind) ([]Source, error) {
	return []Source{oneSource}, r.note(assay.PrincipalOf(ctx).ID, kind)
}
func (r *recorder) AddSource(ctx context.Context, kind SourceKind, n NewSource) (Source, error) {
	return oneSource, r.note(assay.PrincipalOf(ctx).ID, kind, n)
}
func (r *recorder) RemoveSource(ctx context.Context, kind SourceKind, name string) (Source, error) {
	return oneSource, r.note(assay.PrincipalOf(ctx).ID, kind, name)
}
func (r *recorder) RefreshSources(ctx context.Context, kind SourceKind, name string) ([]Source, error) {
	return []Source{oneSource}, r.note(assay.PrincipalOf(ctx).ID, kind, name)
}
func (r *recorder) Exposure(ctx context.Context, subject string) (Exposure, error) {
	return oneExposure, r.note(assay.PrincipalOf(ctx).ID, subject)
}

var sourceCalls = map[string]struct {
	do    func(context.Context, Control) (any, error)
	asked []any // after the asker
	want  any
}{
	"list": {func(ctx context.Context, c Control) (any, error) { return c.Sources(ctx, KnownBadSources) }, []any{KnownBadSources}, []Source{oneSource}},
	"add": {func(ctx context.Context, c Control) (any, error) {
		return c.AddSource(ctx, AdvisorySources, oneNewSource)
	},
		[]any{AdvisorySources, oneNewSource}, oneSource},
	"remove": {func(ctx context.Context, c Control) (any, error) {
		return c.RemoveSource(ctx, AdvisorySources, "a b&c")
	},
		[]any{AdvisorySources, "a b&c"}, oneSource},
	"refresh all": {func(ctx context.Context, c Control) (any, error) { return c.RefreshSources(ctx, AdvisorySources, "") },
		[]any{AdvisorySources, ""}, []Source{oneSource}},
	"ask for exposure": {func(ctx context.Context, c Control) (any, error) { return c.Exposure(ctx, "pkg:npm/@s/n@<1 || 2&") },
		[]any{"pkg:npm/@s/n@<1 || 2&"}, oneExposure},
}

func TestSourcesAndExposure(t *testing.T) {
	for name, call := range sourceCalls {
		t.Run(name, func(t *testing.T) {
			behind := &recorder{}
			client, _ := serveControl(t, behind, FromSocket)
			got, err := call.do(t.Context(), client)
			if err != nil || !reflect.DeepEqual(got, call.want) {
				t.Errorf("answered %+v, %v", got, err)
			}
			if want := append([]any{assay.Operator.ID}, call.asked...); !reflect.DeepEqual(behind.asked, want) {
				t.Errorf("asked %v, want %v", behind.asked, want)
			}
		})
	}
}

// Who fetched what, and where advisories come from, is the administrator's to
// see and to set.
func TestSourcesAndExposureAreNotForReaders(t *testing.T) {
	for name, call := range sourceCalls {
		for who, p := range map[string]assay.Principal{"a stranger": {}, "a reader": {ID: "t1"}} {
			behind := &recorder{}
			s := httptest.NewServer(asSomebody(&Handler{Control: behind, Reach: FromNetwork}, p))
			_, err := call.do(t.Context(), NewClient(s.Client(), s.URL))
			s.Close()
			if kind := assay.KindOf(err); err == nil || kind != assay.Forbidden && kind != assay.Unauthenticated || len(behind.asked) != 0 {
				t.Errorf("%s may %s: %v, asked %v", who, name, err, behind.asked)
			}
		}
	}
}
