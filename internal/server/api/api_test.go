package api

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// recorder is a Control that notes what it was asked and gives fixed answers.
type recorder struct {
	asked []any
	err   error
}

func (r *recorder) note(args ...any) error {
	r.asked = append(r.asked, args...)
	return r.err
}

var (
	when        = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	oneBlock    = Block{ID: "b1", Pattern: "pkg:npm/left@<1.0.0", Reason: "a < b & c", Created: when, Until: when.Add(time.Hour), By: "operator"}
	oneLifted   = Exception{ID: "e1", Version: "pkg:npm/left@1.0.0", Rule: "cooldown", Reason: "needed", Created: when, By: "operator"}
	onePolicy   = Policy{Epoch: 7, Text: "rules:\n", Created: when, Rules: []Rule{{Rule: "cooldown", Mode: assay.Observe, Summary: "72 hours"}}}
	oneUpstream = Upstream{Place: "npm", Ecosystem: assay.NPM, Origins: []Origin{{Address: "https://registry.example/", Mirrors: []string{"https://mirror.example/"}, Source: "operator", Set: when}}}
	oneAnswer   = assay.Explanation{
		Coordinate: assay.Coordinate{Ecosystem: assay.NPM, Name: "@s/n", Version: "1.0.0"},
		Registry:   "npm",
		Facts:      []assay.Fact{{Name: "digest", Value: "sha512:00", Source: "the listing", Known: true}},
		Decision:   oneRefusal,
		Nearest:    "0.9.0",
		Advice:     []string{"take 0.9.0"},
		Why:        "http://127.0.0.1:8417/why/x",
		Epoch:      7,
		Stale:      60,
		Versions:   []assay.VersionDecision{{Version: "1.0.0", Decision: oneRefusal, Listed: true}},
	}
	oneRefusal = assay.Decision{Effect: assay.Deny, Until: when, Opinions: []assay.Opinion{
		{Rule: "cooldown", Effect: assay.Deny, Mode: assay.Enforce, Reason: "too new", Until: when},
		{Rule: "scripts", Effect: assay.Warn, Mode: assay.Observe, Reason: "runs code"},
	}}
)

func (r *recorder) Block(_ context.Context, b NewBlock) (Block, error) { return oneBlock, r.note(b) }
func (r *recorder) Unblock(_ context.Context, s string) ([]Block, error) {
	return []Block{oneBlock}, r.note(s)
}
func (r *recorder) Blocks(context.Context) ([]Block, error) {
	return []Block{oneBlock}, r.note("blocks")
}
func (r *recorder) Except(_ context.Context, e NewException) (Exception, error) {
	return oneLifted, r.note(e)
}
func (r *recorder) Unexcept(_ context.Context, s string) ([]Exception, error) {
	return []Exception{oneLifted}, r.note(s)
}
func (r *recorder) Exceptions(context.Context) ([]Exception, error) {
	return []Exception{oneLifted}, r.note("exceptions")
}
func (r *recorder) Policy(context.Context) (Policy, error) { return onePolicy, r.note("policy") }
func (r *recorder) ApplyPolicy(_ context.Context, text string) (Policy, error) {
	return onePolicy, r.note(text)
}
func (r *recorder) SetMode(_ context.Context, rule string, m assay.Mode) (Policy, error) {
	return onePolicy, r.note(rule, m)
}
func (r *recorder) Upstreams(context.Context) ([]Upstream, error) {
	return []Upstream{oneUpstream}, r.note("upstreams")
}
func (r *recorder) SetUpstream(_ context.Context, place string, o []Origin) ([]Upstream, error) {
	return []Upstream{oneUpstream}, r.note(place, o)
}
func (r *recorder) Explain(_ context.Context, purl string) (assay.Explanation, error) {
	return oneAnswer, r.note(purl)
}
func (r *recorder) Why(_ context.Context, id string) (assay.Explanation, error) {
	return oneAnswer, r.note(id)
}

func serveControl(t *testing.T, c Control, reach Reach) (*Client, string) {
	t.Helper()
	s := httptest.NewServer(&Handler{Control: c, Reach: reach, MaxBody: 2000,
		Status: func(context.Context) Status { return Status{Instance: "i", Places: []string{"npm"}, Started: when} }})
	t.Cleanup(s.Close)
	return NewClient(s.Client(), s.URL), s.URL
}

// calls are all of a Control's methods, with arguments that need escaping.
var calls = []struct {
	name  string
	do    func(context.Context, Control) (any, error)
	asked []any
	want  any
}{
	{"block", func(ctx context.Context, c Control) (any, error) {
		return c.Block(ctx, NewBlock{Pattern: "pkg:npm/left@<1.0.0", Reason: "r", Until: when})
	}, []any{NewBlock{Pattern: "pkg:npm/left@<1.0.0", Reason: "r", Until: when}}, oneBlock},
	{"unblock", func(ctx context.Context, c Control) (any, error) {
		return c.Unblock(ctx, "pkg:npm/@s/n@>=1.0.0 <2 || ^3&#?")
	}, []any{"pkg:npm/@s/n@>=1.0.0 <2 || ^3&#?"}, []Block{oneBlock}},
	{"blocks", func(ctx context.Context, c Control) (any, error) { return c.Blocks(ctx) }, []any{"blocks"}, []Block{oneBlock}},
	{"except", func(ctx context.Context, c Control) (any, error) {
		return c.Except(ctx, NewException{Version: "pkg:npm/left@1.0.0", Rule: "cooldown", Reason: "r"})
	}, []any{NewException{Version: "pkg:npm/left@1.0.0", Rule: "cooldown", Reason: "r"}}, oneLifted},
	{"unexcept", func(ctx context.Context, c Control) (any, error) { return c.Unexcept(ctx, "e1") }, []any{"e1"}, []Exception{oneLifted}},
	{"exceptions", func(ctx context.Context, c Control) (any, error) { return c.Exceptions(ctx) }, []any{"exceptions"}, []Exception{oneLifted}},
	{"policy", func(ctx context.Context, c Control) (any, error) { return c.Policy(ctx) }, []any{"policy"}, onePolicy},
	{"apply policy", func(ctx context.Context, c Control) (any, error) { return c.ApplyPolicy(ctx, "a: \"b\"\n# ü\n") }, []any{"a: \"b\"\n# ü\n"}, onePolicy},
	{"set mode", func(ctx context.Context, c Control) (any, error) { return c.SetMode(ctx, "cooldown", assay.Enforce) }, []any{"cooldown", assay.Enforce}, onePolicy},
	{"upstreams", func(ctx context.Context, c Control) (any, error) { return c.Upstreams(ctx) }, []any{"upstreams"}, []Upstream{oneUpstream}},
	{"set upstream", func(ctx context.Context, c Control) (any, error) {
		return c.SetUpstream(ctx, "npm", oneUpstream.Origins)
	}, []any{"npm", oneUpstream.Origins}, []Upstream{oneUpstream}},
	{"no upstream", func(ctx context.Context, c Control) (any, error) { return c.SetUpstream(ctx, "npm", nil) }, []any{"npm", []Origin{}}, []Upstream{oneUpstream}},
	{"claim", func(ctx context.Context, c Control) (any, error) {
		return c.Claim(ctx, NewClaim{Pattern: "pkg:npm/@acme/*", Shadow: true})
	}, []any{"operator", NewClaim{Pattern: "pkg:npm/@acme/*", Shadow: true}}, oneClaim},
	{"unclaim", func(ctx context.Context, c Control) (any, error) { return c.Unclaim(ctx, "pkg:npm/@acme/*&x=#?") },
		[]any{"operator", "pkg:npm/@acme/*&x=#?"}, oneClaim},
	{"claims", func(ctx context.Context, c Control) (any, error) { return c.Claims(ctx) }, []any{"claims"}, []Claim{oneClaim}},
	{"set a status", func(ctx context.Context, c Control) (any, error) { return c.SetStatus(ctx, oneStanding) },
		[]any{"operator", oneStanding}, oneChange},
	{"release", func(ctx context.Context, c Control) (any, error) {
		return c.SetStatus(ctx, NewStatus{Version: "pkg:npm/left@1.0.0"})
	}, []any{"operator", NewStatus{Version: "pkg:npm/left@1.0.0"}}, oneChange},
	{"erase", func(ctx context.Context, c Control) (any, error) {
		return c.Erase(ctx, NewErasure{Version: "pkg:npm/left@1.0.0", Reason: "law"})
	}, []any{"operator", NewErasure{Version: "pkg:npm/left@1.0.0", Reason: "law"}}, oneChange},
	{"explain", func(ctx context.Context, c Control) (any, error) { return c.Explain(ctx, "pkg:npm/%40s/n@1.0.0+x") }, []any{"pkg:npm/%40s/n@1.0.0+x"}, oneAnswer},
	{"why", func(ctx context.Context, c Control) (any, error) { return c.Why(ctx, "7f3k-91qd") }, []any{"7f3k-91qd"}, oneAnswer},
}

func TestTheClientIsTheControlBehindIt(t *testing.T) {
	for _, call := range calls {
		behind := &recorder{}
		c, _ := serveControl(t, behind, FromSocket)
		got, err := call.do(t.Context(), c)
		if err != nil || !reflect.DeepEqual(got, call.want) {
			t.Errorf("%s: got %+v, %v\nwant %+v", call.name, got, err, call.want)
		}
		if !reflect.DeepEqual(behind.asked, call.asked) {
			t.Errorf("%s: asked %+v, want %+v", call.name, behind.asked, call.asked)
		}
	}
}

func TestErrorsKeepTheirKind(t *testing.T) {
	subject := assay.Coordinate{Ecosystem: assay.NPM, Name: "@s/n", Version: "1.0.0"}
	for kind := assay.Internal; kind <= assay.Canceled; kind++ {
		said := &assay.Error{Kind: kind, Message: "in \"words\" <for> people", Err: errors.New("a secret")}
		if kind == assay.Denied {
			said.Decision, said.Subject = &oneRefusal, subject
		}
		if kind == assay.Unavailable {
			said.Status, said.RetryAfter = 502, 1500*time.Millisecond
		}
		behind := &recorder{err: said}
		c, _ := serveControl(t, behind, FromSocket)
		for _, call := range calls {
			_, err := call.do(t.Context(), c)
			var got *assay.Error
			if !errors.As(err, &got) || got.Kind != kind || got.Message != said.Message {
				t.Fatalf("%s, %s: got %v", kind, call.name, err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Fatalf("%s: the private cause is told", kind)
			}
			if kind == assay.Denied && (got.Subject != subject || !reflect.DeepEqual(got.Decision, &oneRefusal)) {
				t.Fatalf("the decision got lost: %+v", got)
			}
			if kind == assay.Unavailable && (got.Status != 502 || got.RetryAfter != 2*time.Second) {
				t.Fatalf("details got lost: %+v", got)
			}
		}
	}
	c, _ := serveControl(t, &recorder{err: errors.New("a plain secret")}, FromSocket)
	if _, err := c.Blocks(t.Context()); !assay.Is(err, assay.Internal) || strings.Contains(err.Error(), "secret") {
		t.Errorf("an error without a kind: %v", err)
	}
}

func TestFromTheNetworkOneMayOnlyRead(t *testing.T) {
	behind := &recorder{}
	c, _ := serveControl(t, behind, FromNetwork)
	for _, call := range calls {
		behind.asked = nil
		_, err := call.do(t.Context(), c)
		if call.name == "explain" || call.name == "why" {
			if err != nil {
				t.Errorf("%s: %v", call.name, err)
			}
			continue
		}
		if !assay.Is(err, assay.Unauthenticated) || len(behind.asked) != 0 {
			t.Errorf("%s: %v, and was asked %v", call.name, err, behind.asked)
		}
	}
	if _, err := c.Status(t.Context()); !assay.Is(err, assay.Unauthenticated) {
		t.Errorf("status: %v", err)
	}
}

func TestRequestsAreReadStrictly(t *testing.T) {
	behind := &recorder{}
	_, url := serveControl(t, behind, FromSocket)
	for _, tt := range []struct {
		name, method, path, content, body string
		status                            int
	}{
		{"a good block", "POST", "blocks", "application/json", `{"pattern":"pkg:npm/x","reason":"r"}`, 200},
		{"with a charset", "POST", "blocks", "application/json; charset=utf-8", `{"pattern":"pkg:npm/x","reason":"r"}`, 200},
		{"an unknown member", "POST", "blocks", "application/json", `{"pattern":"pkg:npm/x","reason":"r","untill":"2027-01-01T00:00:00Z"}`, 400},
		{"another case", "POST", "blocks", "application/json", `{"Pattern":"pkg:npm/x","reason":"r"}`, 400},
		{"a doubled member", "POST", "blocks", "application/json", `{"pattern":"pkg:npm/x","pattern":"pkg:npm/y","reason":"r"}`, 400},
		{"more than one value", "POST", "blocks", "application/json", `{"pattern":"pkg:npm/x","reason":"r"}{}`, 400},
		{"a time that is none", "POST", "blocks", "application/json", `{"pattern":"pkg:npm/x","reason":"r","until":"tomorrow"}`, 400},
		{"half a body", "POST", "blocks", "application/json", `{"pattern":`, 400},
		{"nothing", "POST", "blocks", "application/json", ``, 400},
		{"too much", "POST", "blocks", "application/json", `{"pattern":"` + strings.Repeat("x", 3000) + `"}`, 413},
		{"a form of a hostile page", "POST", "blocks", "application/x-www-form-urlencoded", `{"pattern":"pkg:npm/x","reason":"r"}`, 400},
		{"text of a hostile page", "POST", "blocks", "text/plain", `{"pattern":"pkg:npm/x","reason":"r"}`, 400},
		{"no type", "POST", "blocks", "", `{"pattern":"pkg:npm/x","reason":"r"}`, 400},
		{"no mode", "PUT", "policy/mode", "application/json", `{"rule":"cooldown"}`, 400},
		{"an unknown mode", "PUT", "policy/mode", "application/json", `{"rule":"cooldown","mode":"off"}`, 400},
		{"a claim with a member too many", "POST", "claims", "application/json", `{"pattern":"pkg:npm/x","until":"2027-01-01T00:00:00Z"}`, 400},
		{"a claim of a hostile page", "POST", "claims", "text/plain", `{"pattern":"pkg:npm/x"}`, 400},
		{"no claim to end", "DELETE", "claims", "", ``, 400},
		{"a status", "PUT", "standing", "application/json", `{"version":"pkg:npm/x@1","status":"yanked","reason":"r"}`, 200},
		{"no status, which must not release", "PUT", "standing", "application/json", `{"version":"pkg:npm/x@1","reason":"r"}`, 400},
		{"a status of null", "PUT", "standing", "application/json", `{"version":"pkg:npm/x@1","status":null}`, 400},
		{"an unknown status", "PUT", "standing", "application/json", `{"version":"pkg:npm/x@1","status":"gone","reason":"r"}`, 400},
		{"a status of nothing", "PUT", "standing", "application/json", `{"status":"yanked","reason":"r"}`, 400},
		{"a standing with another method", "POST", "standing", "application/json", `{"version":"pkg:npm/x@1","status":"yanked"}`, 405},
		{"no origins", "PUT", "upstreams/npm", "application/json", `{}`, 400},
		{"nothing to end", "DELETE", "blocks", "", ``, 400},
		{"two to end", "DELETE", "blocks?which=a&which=b", "", ``, 400},
		{"nothing to explain", "GET", "explain", "", ``, 400},
		{"another method", "PATCH", "blocks", "", ``, 405},
		{"reading with HEAD", "HEAD", "blocks", "", ``, 200},
		{"no such thing", "GET", "secrets", "", ``, 404},
		{"a slash too many", "GET", "blocks/", "", ``, 404},
		{"a place below a place", "PUT", "upstreams/npm/x", "application/json", `{"origins":[]}`, 404},
		{"an escaped slash in an id", "GET", "why/a%2fb", "", ``, 404},
	} {
		behind.asked = nil
		req, err := http.NewRequestWithContext(t.Context(), tt.method, url+Prefix+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		if tt.content != "" {
			req.Header.Set("Content-Type", tt.content)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != tt.status || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s %s %v", tt.name, resp.Status, body, err)
		}
		if tt.status != 200 && len(behind.asked) != 0 {
			t.Errorf("%s: was refused and yet done: %v", tt.name, behind.asked)
		}
		if tt.status == 405 && tt.path == "blocks" && resp.Header.Get("Allow") != "DELETE, GET, POST" {
			t.Errorf("%s: Allow is %q", tt.name, resp.Header.Get("Allow"))
		}
	}
}

func TestAClientOfSomethingElse(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		kind   assay.Kind
	}{
		{"another program's page", 404, "<html>", assay.Unsound},
		{"another program's JSON", 500, `{"oops":true}`, assay.Unsound},
		{"an answer that is no block", 200, `{"id":5}`, assay.Unsound},
		{"a redirect", 302, "", assay.Unsound},
		{"a newer server's member", 200, `[{"id":"b1","colour":"red"}]`, 255},
		{"a newer server's kind", 418, `{"kind":"teapot","message":"m","error":"m"}`, assay.Internal},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(tt.status)
			io.WriteString(w, tt.body)
		}))
		_, err := NewClient(s.Client(), s.URL).Blocks(t.Context())
		s.Close()
		if tt.kind == 255 && err != nil || tt.kind != 255 && !assay.Is(err, tt.kind) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestAClientWithoutAServer(t *testing.T) {
	c := NewSocketClient(t.TempDir() + "/none")
	if _, err := c.Blocks(t.Context()); !assay.Is(err, assay.Unavailable) || !strings.Contains(assay.PublicMessage(err), "no server answers") {
		t.Errorf("no socket: %v", err)
	}
	own := assay.Errorf(assay.NotFound, "no server runs on ./data")
	c = NewDialClient(func(context.Context) (net.Conn, error) { return nil, own })
	if _, err := c.Blocks(t.Context()); !assay.Is(err, assay.NotFound) || err.Error() != own.Error() {
		t.Errorf("the dialler's own words: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Blocks(ctx); !assay.Is(err, assay.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"pattern":"pkg:npm/x","reason":"r","until":"2027-01-01T00:00:00Z"}`)
	f.Add(`{"pattern":1}`)
	f.Add(`[[[[`)
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, body string) {
		behind := &recorder{}
		h := &Handler{Control: behind, Reach: FromSocket, MaxBody: 2000}
		r := httptest.NewRequest(http.MethodPost, Prefix+"blocks", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if done := len(behind.asked) == 1; done != (w.Code == 200) || w.Code >= 500 {
			t.Fatalf("%q: status %d, done %v", body, w.Code, done)
		}
	})
}
