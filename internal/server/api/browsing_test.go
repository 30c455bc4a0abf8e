package api

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

var (
	oneFound = Found{Packages: []FoundPackage{{Package: assay.Coordinate{Ecosystem: assay.NPM, Name: "@s/n"}, Registry: "npm", Hosted: true, Description: "a < b"}}, Next: "n+/="}
	oneView  = PackageView{Explanation: oneAnswer, Hosted: true, Claimed: "pkg:npm/@s/*", Install: []InstallLine{{"npm", "npm install @s/n"}},
		Events:   []PackageEvent{{Index: -1, Time: when, Kind: "published", Version: "1.0.0", By: "t1", Reason: "r"}},
		Statuses: []VersionStatus{{"1.0.0", assay.Yanked, "r"}}, Exceptions: []Exception{oneLifted}, Downloads: map[string]int64{"1.0.0": 3}}
	oneDecisions = Decisions{Decisions: []DecisionRow{{Last: when, Day: "2026-11-22", Registry: "npm", Coordinate: oneAnswer.Coordinate, Rule: "block",
		Effect: "deny", Reason: "r", Principal: "t1", Why: "w", Count: 2}}, Next: "n"}
	oneTraffic = Traffic{From: when, To: when, Passed: 1, Warned: 2, Refused: 3, WouldRefuse: 4}
	oneRules   = Rules{Epoch: 7, Days: 30, Rules: []RuleInForce{{Rule: "block", Mode: assay.Observe, Summary: "s", Observed: &Breadth{1, 2, 3, 4, 5}}}}
	onePreview = Preview{Days: 30, Seen: Breadth{9, 8, 7, 6, 5}, Unjudged: 1, Changes: []PreviewChange{{Rule: "block", Change: "newly refused",
		Reach: Breadth{1, 1, 1, 1, 0}, Examples: []PreviewExample{{oneAnswer.Coordinate, 1, "r"}}}}}
)

func (r *recorder) Search(ctx context.Context, q SearchQuery) (Found, error) {
	return oneFound, r.note(assay.PrincipalOf(ctx).ID, q)
}
func (r *recorder) Package(ctx context.Context, purl string) (PackageView, error) {
	return oneView, r.note(assay.PrincipalOf(ctx).ID, purl)
}
func (r *recorder) Decisions(ctx context.Context, q DecisionQuery) (Decisions, error) {
	return oneDecisions, r.note(assay.PrincipalOf(ctx).ID, q)
}
func (r *recorder) Traffic(ctx context.Context) (Traffic, error) {
	return oneTraffic, r.note(assay.PrincipalOf(ctx).ID)
}
func (r *recorder) Rules(ctx context.Context) (Rules, error) {
	return oneRules, r.note(assay.PrincipalOf(ctx).ID)
}
func (r *recorder) Preview(ctx context.Context, text string) (Preview, error) {
	return r.PreviewTraffic(ctx, NewPreview{Text: text}, nil)
}
func (r *recorder) PreviewTraffic(ctx context.Context, n NewPreview, progress Progress) (Preview, error) {
	if progress != nil {
		progress(1, 2)
	}
	return onePreview, r.note(assay.PrincipalOf(ctx).ID, n)
}

// browseCalls are the methods of Browsing and Previewing. From the socket the
// operator asks.
var browseCalls = []struct {
	name   string
	reader bool // any reader may ask
	do     func(context.Context, Control) (any, error)
	asked  any
	want   any
}{
	{"search", true, func(ctx context.Context, c Control) (any, error) {
		return c.Search(ctx, SearchQuery{Text: "a&b =é", Registry: "npm", After: "n+/=", Limit: 7})
	}, SearchQuery{Text: "a&b =é", Registry: "npm", After: "n+/=", Limit: 7}, oneFound},
	{"search for everything", true, func(ctx context.Context, c Control) (any, error) { return c.Search(ctx, SearchQuery{}) }, SearchQuery{}, oneFound},
	{"a package", true, func(ctx context.Context, c Control) (any, error) { return c.Package(ctx, "pkg:npm/%40s/n@1.0.0+x") }, "pkg:npm/%40s/n@1.0.0+x", oneView},
	{"decisions", true, func(ctx context.Context, c Control) (any, error) {
		return c.Decisions(ctx, DecisionQuery{Rule: "r&", Registry: "npm", Effect: "would deny", After: "a", Limit: 200})
	}, DecisionQuery{Rule: "r&", Registry: "npm", Effect: "would deny", After: "a", Limit: 200}, oneDecisions},
	{"traffic", true, func(ctx context.Context, c Control) (any, error) { return c.Traffic(ctx) }, nil, oneTraffic},
	{"rules", true, func(ctx context.Context, c Control) (any, error) { return c.Rules(ctx) }, nil, oneRules},
	{"a preview", false, func(ctx context.Context, c Control) (any, error) { return c.Preview(ctx, "a: \"ü\"\n") }, NewPreview{Text: "a: \"ü\"\n"}, onePreview},
	{"a preview of some days", false, func(ctx context.Context, c Control) (any, error) {
		return c.PreviewTraffic(ctx, NewPreview{Text: "t", Days: 7}, nil)
	}, NewPreview{Text: "t", Days: 7}, onePreview},
}

func TestBrowsingArrivesAndIsAnswered(t *testing.T) {
	for _, call := range browseCalls {
		t.Run(call.name, func(t *testing.T) {
			behind := &recorder{}
			c, _ := serveControl(t, behind, FromSocket)
			got, err := call.do(t.Context(), c)
			if err != nil || !reflect.DeepEqual(got, call.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, call.want)
			}
			want := []any{"operator", call.asked}
			if call.asked == nil {
				want = want[:1]
			}
			if !reflect.DeepEqual(behind.asked, want) {
				t.Errorf("asked %+v, want %+v", behind.asked, want)
			}

			behind = &recorder{}
			c, _ = serveControl(t, behind, FromNetwork)
			_, err = call.do(t.Context(), c)
			if call.reader != (err == nil) || !call.reader && (!assay.Is(err, assay.Unauthenticated) || len(behind.asked) > 0) {
				t.Errorf("a reader on the network is answered %v, and asked %v", err, behind.asked)
			}

			behind = &recorder{err: assay.Errorf(assay.NotFound, "line 3: \"no\" <such> thing")}
			c, _ = serveControl(t, behind, FromSocket)
			if _, err = call.do(t.Context(), c); !assay.Is(err, assay.NotFound) || err.Error() != behind.err.Error() {
				t.Errorf("an error arrives as %v", err)
			}
		})
	}
}

func TestPreviewTellsItsProgress(t *testing.T) {
	c, _ := serveControl(t, &recorder{}, FromSocket)
	var told []int64
	if _, err := c.PreviewTraffic(t.Context(), NewPreview{Text: "t"}, func(done, total int64) { told = append(told, done, total) }); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(told, []int64{1, 2}) {
		t.Errorf("told %v", told)
	}
}

func TestQuestionsAreReadStrictly(t *testing.T) {
	behind := &recorder{}
	_, url := serveControl(t, behind, FromNetwork)
	for _, tt := range []struct {
		name, path string
		status     int
	}{
		{"a search", "search?q=left", 200},
		{"a search for everything", "search", 200},
		{"a search with HEAD", "search", 200},
		{"a misspelt filter", "decisions?rul=block", 400},
		{"a filter twice", "decisions?rule=a&rule=b", 400},
		{"a limit of words", "search?limit=many", 400},
		{"a limit of none", "search?limit=0", 400},
		{"a negative limit", "decisions?limit=-1", 400},
		{"the highest limit", "decisions?limit=200", 200},
		{"a limit beyond it", "decisions?limit=201", 400},
		{"parameters that cannot be read", "search?q=%zz", 400},
		{"no package", "packages", 400},
		{"two packages", "packages?purl=a&purl=b", 400},
		{"a path below", "search/x", 404},
		{"a preview with GET", "policy/preview", 405},
		{"the rules", "rules", 200},
	} {
		behind.asked = nil
		method := http.MethodGet
		if strings.HasSuffix(tt.name, "HEAD") {
			method = http.MethodHead
		}
		req, err := http.NewRequestWithContext(t.Context(), method, url+Prefix+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != tt.status {
			t.Errorf("%s: %s %s %v", tt.name, resp.Status, body, err)
		}
		if tt.status != 200 && len(behind.asked) != 0 {
			t.Errorf("%s: was refused and yet asked: %v", tt.name, behind.asked)
		}
	}
}
