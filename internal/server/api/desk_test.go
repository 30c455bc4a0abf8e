package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

var (
	oneHeld = Held{ID: "h-1", Version: "pkg:npm/lodahs@1.0.0", By: "t1", At: when, Finding: assay.NameFinding{Class: "transposition", Target: "lodash", Score: 0.5},
		Files: []HeldFile{{Name: "lodahs-1.0.0.tgz", Blob: "sha256:00", Size: 9}}, State: "refused", Appeal: "a < b", Answer: "too close", AnsweredBy: "operator", Answered: when}
	oneRelease    = HeldRelease{Held: oneHeld, LogIndex: -1}
	oneSaid       = Report{ID: "r-1", Version: "pkg:npm/left@1.0.0", Reason: "it phones home", By: "t1", At: when, Closed: when, Answer: "no", AnsweredBy: "operator"}
	oneRemoval    = MaliciousRemoval{StatusChange: oneChange, Advisory: "ASSAY-MAL-2026-1"}
	oneAdvisory   = OwnAdvisory{ID: "ASSAY-MAL-2026-1", Version: "pkg:npm/left@1.0.0", Modified: when, Record: json.RawMessage(`{"id":"ASSAY-MAL-2026-1"}`)}
	oneHeldAnswer = HeldAnswer{ID: "h-1", Reason: "a < b & c"}
)

func (r *recorder) Held(ctx context.Context, all bool) ([]Held, error) {
	return []Held{oneHeld}, r.note(assay.PrincipalOf(ctx).ID, all)
}
func (r *recorder) ReleaseHeld(ctx context.Context, a HeldAnswer) (HeldRelease, error) {
	return oneRelease, r.note(assay.PrincipalOf(ctx).ID, "release", a)
}
func (r *recorder) RefuseHeld(ctx context.Context, a HeldAnswer) (Held, error) {
	return oneHeld, r.note(assay.PrincipalOf(ctx).ID, "refuse", a)
}
func (r *recorder) AppealHeld(ctx context.Context, a HeldAnswer) (Held, error) {
	return oneHeld, r.note(assay.PrincipalOf(ctx).ID, "appeal", a)
}
func (r *recorder) Report(ctx context.Context, n NewReport) (Report, error) {
	return oneSaid, r.note(assay.PrincipalOf(ctx).ID, n)
}
func (r *recorder) Reports(ctx context.Context, all bool) ([]Report, error) {
	return []Report{oneSaid}, r.note(assay.PrincipalOf(ctx).ID, all)
}
func (r *recorder) CloseReport(ctx context.Context, a ReportAnswer) (Report, error) {
	return oneSaid, r.note(assay.PrincipalOf(ctx).ID, a)
}
func (r *recorder) RemoveMalicious(ctx context.Context, n NewMalicious) (MaliciousRemoval, error) {
	return oneRemoval, r.note(assay.PrincipalOf(ctx).ID, n)
}
func (r *recorder) OwnAdvisories(ctx context.Context) ([]OwnAdvisory, error) {
	return []OwnAdvisory{oneAdvisory}, r.note(assay.PrincipalOf(ctx).ID, "advisories")
}

// deskCalls are the methods of the desk. For the administrator alone are
// those that are not open to whoever holds a token.
var deskCalls = []struct {
	name  string
	known bool
	do    func(context.Context, Control) (any, error)
	asked []any // after the asker
	want  any
}{
	{"list what waits", true, func(ctx context.Context, c Control) (any, error) { return c.Held(ctx, false) }, []any{false}, []Held{oneHeld}},
	{"list all that was held", true, func(ctx context.Context, c Control) (any, error) { return c.Held(ctx, true) }, []any{true}, []Held{oneHeld}},
	{"release", false, func(ctx context.Context, c Control) (any, error) { return c.ReleaseHeld(ctx, oneHeldAnswer) }, []any{"release", oneHeldAnswer}, oneRelease},
	{"refuse", false, func(ctx context.Context, c Control) (any, error) { return c.RefuseHeld(ctx, oneHeldAnswer) }, []any{"refuse", oneHeldAnswer}, oneHeld},
	{"appeal", true, func(ctx context.Context, c Control) (any, error) { return c.AppealHeld(ctx, oneHeldAnswer) }, []any{"appeal", oneHeldAnswer}, oneHeld},
	{"report", true, func(ctx context.Context, c Control) (any, error) {
		return c.Report(ctx, NewReport{Version: "pkg:npm/left@1.0.0", Reason: "r"})
	}, []any{NewReport{Version: "pkg:npm/left@1.0.0", Reason: "r"}}, oneSaid},
	{"list reports", true, func(ctx context.Context, c Control) (any, error) { return c.Reports(ctx, true) }, []any{true}, []Report{oneSaid}},
	{"close a report", false, func(ctx context.Context, c Control) (any, error) {
		return c.CloseReport(ctx, ReportAnswer{ID: "r-1", Reason: "no"})
	}, []any{ReportAnswer{ID: "r-1", Reason: "no"}}, oneSaid},
	{"remove as malicious", false, func(ctx context.Context, c Control) (any, error) {
		return c.RemoveMalicious(ctx, NewMalicious{Version: "pkg:npm/left@1.0.0", Reason: "r"})
	}, []any{NewMalicious{Version: "pkg:npm/left@1.0.0", Reason: "r"}}, oneRemoval},
	{"list own advisories", true, func(ctx context.Context, c Control) (any, error) { return c.OwnAdvisories(ctx) }, []any{"advisories"}, []OwnAdvisory{oneAdvisory}},
}

func TestTheDesk(t *testing.T) {
	for _, who := range []struct {
		name  string
		reach Reach
		as    assay.Principal
		asker string
		may   func(known bool) bool
		no    assay.Kind
	}{
		{"over the socket", FromSocket, assay.Principal{}, "operator", func(bool) bool { return true }, assay.Internal},
		{"an administrator from afar", FromNetwork, assay.Principal{ID: "a1", Admin: true}, "a1", func(bool) bool { return true }, assay.Internal},
		{"a token from afar", FromNetwork, assay.Principal{ID: "t1"}, "t1", func(known bool) bool { return known }, assay.Forbidden},
		{"nobody known", FromNetwork, assay.Principal{}, "", func(bool) bool { return false }, assay.Unauthenticated},
	} {
		for _, call := range deskCalls {
			t.Run(who.name+": "+call.name, func(t *testing.T) {
				behind := &recorder{}
				s := httptest.NewServer(asSomebody(&Handler{Control: behind, Reach: who.reach}, who.as))
				defer s.Close()
				got, err := call.do(t.Context(), NewClient(s.Client(), s.URL))
				if open := call.name == "list own advisories"; !open && !who.may(call.known) {
					if !assay.Is(err, who.no) || len(behind.asked) != 0 {
						t.Errorf("it is answered with %v, %v, and asked %v", got, err, behind.asked)
					}
					return
				}
				if err != nil || !reflect.DeepEqual(got, call.want) || !reflect.DeepEqual(behind.asked, append([]any{who.asker}, call.asked...)) {
					t.Errorf("it is %+v, %v, want %+v; asked %v", got, err, call.want, behind.asked)
				}
			})
		}
	}
}

func TestTheDeskIsAskedStrictly(t *testing.T) {
	for _, tt := range []struct{ name, method, path, body, says string }{
		{"a list with a misspelt wish", "GET", "held?al=yes", "", "all=yes"},
		{"a list with another wish", "GET", "reports?all=true", "", "all=yes"},
		{"a list that wishes twice", "GET", "reports?all=yes&all=yes", "", "all=yes"},
		{"an answer to nothing", "POST", "held/release", `{"reason":"r"}`, "by its id"},
		{"an answer to no report", "POST", "reports/close", `{"reason":"r"}`, "by its id"},
		{"an answer with a stranger in it", "POST", "held/refuse", `{"id":"h-1","reason":"r","by":"me"}`, ""},
		{"a report that is no JSON", "POST", "reports", `version=x`, ""},
		{"a removal that is no JSON", "POST", "removals", `[]`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			behind := &recorder{}
			_, url := serveControl(t, behind, FromSocket)
			r, err := http.NewRequestWithContext(t.Context(), tt.method, url+Prefix+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if tt.body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var f Failure
			if err := json.NewDecoder(resp.Body).Decode(&f); err != nil || resp.StatusCode != http.StatusBadRequest || !strings.Contains(f.Message, tt.says) || len(behind.asked) != 0 {
				t.Errorf("it is answered with %s %q (%v), and asked %v", resp.Status, f.Message, err, behind.asked)
			}
		})
	}
}
