package server

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/server/api"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// house is a control that knows some packages, one of which is private, and
// remembers what it was asked.
type house struct {
	fakeControl
	mu     sync.Mutex
	asked  []any
	failed error // what every question is answered with, if it is set
}

const privateName = "@vaultworks/quartzite"

func (h *house) note(question any) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, question)
	return h.failed
}

func (h *house) last() any {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.asked) == 0 {
		return nil
	}
	return h.asked[len(h.asked)-1]
}

func npm(name, version string) assay.Coordinate {
	return assay.Coordinate{Ecosystem: assay.NPM, Name: name, Version: version}
}

func mayReadPrivate(ctx context.Context) bool {
	p := assay.PrincipalOf(ctx)
	return p.MayRead(assay.NPM, privateName)
}

func (h *house) Search(ctx context.Context, q api.SearchQuery) (api.Found, error) {
	if err := h.note(q); err != nil {
		return api.Found{}, err
	}
	all := []api.FoundPackage{
		{Package: npm("lodash", ""), Registry: "npm", Description: "Lodash modular utilities."},
		{Package: npm("@babel/plugin-transform-unicode-property-regex-with-a-name-that-goes-on-and-on", ""), Registry: "npm", Description: "Compile regular expressions. Ünïcödé ☃ und so weiter, sehr lang und ohne Ende."},
		{Package: assay.Coordinate{Ecosystem: assay.Golang, Name: "github.com/GoogleCloudPlatform/opentelemetry-operations-go/detectors/gcp"}, Registry: "go"},
	}
	if mayReadPrivate(ctx) {
		all = append(all, api.FoundPackage{Package: npm(privateName, ""), Registry: "npm", Hosted: true, Description: "Grinds quartz."})
	}
	var found api.Found
	for _, p := range all {
		if strings.Contains(p.Package.Name, q.Text) && (q.Registry == "" || q.Registry == p.Registry) {
			found.Packages = append(found.Packages, p)
		}
	}
	if q.After == "" && len(found.Packages) > 2 {
		found.Next = "cursor/2+&="
	}
	return found, nil
}

func denied(rule, reason string, until time.Time) assay.Decision {
	return assay.Decision{Effect: assay.Deny, Until: until, Opinions: []assay.Opinion{
		{Rule: rule, Effect: assay.Deny, Reason: reason, Until: until, Remedy: "wait until then, or ask an administrator for an exception"},
	}}
}

func observed(rule, reason string) assay.Decision {
	return assay.Decision{Effect: assay.Allow, Opinions: []assay.Opinion{{Rule: rule, Effect: assay.Deny, Mode: assay.Observe, Reason: reason}}}
}

func (h *house) Package(ctx context.Context, purl string) (api.PackageView, error) {
	if err := h.note(purl); err != nil {
		return api.PackageView{}, err
	}
	c, err := assay.ParseCoordinate(purl)
	if err != nil {
		return api.PackageView{}, err
	}
	if c.Ecosystem != assay.NPM || c.Name == privateName && !mayReadPrivate(ctx) || !slices.Contains([]string{"lodash", privateName, "left"}, c.Name) {
		return api.PackageView{}, assay.Errorf(assay.NotFound, "%s does not exist here", c.Name)
	}
	v := api.PackageView{
		Explanation: assay.Explanation{Coordinate: c, Registry: "npm", Epoch: 231, Why: "http://127.0.0.1:8417/why/7f3k-91qd"},
		Hosted:      c.Name == privateName,
		Install:     []api.InstallLine{{Client: "npm", Line: "npm install lodash@4.17.21"}, {Client: "pnpm", Line: "pnpm add lodash@4.17.21"}, {Client: "yarn", Line: "yarn add lodash@4.17.21"}},
		Downloads:   map[string]int64{"4.17.21": 22907, "4.17.20": 9},
		Statuses:    []api.VersionStatus{{Version: "4.17.19", Status: assay.Quarantined, Reason: "its archive holds a file outside its folder"}},
		Exceptions: []api.Exception{{ID: "e7", Version: "pkg:npm/lodash@4.17.20", Rule: "cooldown", Reason: "the release of Thursday needs it; looked at by the platform team",
			Created: noon.Add(-48 * time.Hour), Until: noon.Add(200 * time.Hour), By: "token-9f2c"}},
		Events: []api.PackageEvent{
			{Index: 5, Time: noon, Kind: "status-changed", Version: "4.17.19", By: "operator", Reason: "its archive holds a file outside its folder"},
			{Index: 4, Time: noon.Add(-time.Hour), Kind: "excepted", Version: "4.17.20", By: "token-9f2c", Reason: "the release of Thursday needs it"},
			{Index: -1, Time: noon.Add(-2 * time.Hour), Kind: "stored", Version: "4.17.21"},
		},
	}
	if c.Name == privateName {
		v.Claimed = "pkg:npm/@vaultworks/*"
	}
	if c.Version != "" {
		v.Decision = denied("cooldown", "published 49 minutes ago; versions wait 72 hours", noon.Add(71*time.Hour+11*time.Minute))
		v.Decision.Opinions = append(v.Decision.Opinions,
			assay.Opinion{Rule: "install-scripts", Effect: assay.Deny, Mode: assay.Observe, Reason: "runs code at install: postinstall"},
			assay.Opinion{Rule: "block", Effect: assay.Deny, Reason: "an old block", LiftedBy: "e7"})
		v.Nearest, v.Advice = "4.17.20", []string{"take 4.17.20 now"}
		v.Facts = []assay.Fact{
			{Name: "origin", Value: "https://registry.example/", Source: "the registry's upstream", Known: true},
			{Name: "published", Value: "2026-11-22T11:11:00Z", Source: "packument time", Known: true},
			{Name: "digest", Value: "sha512-" + strings.Repeat("6eI5Q/Y4u", 9) + "==", Source: "first promised or seen", Known: true},
			{Name: "install scripts", Source: "the version's manifest"},
		}
		return v, nil
	}
	v.Versions = append(v.Versions, assay.VersionDecision{Version: "5.0.0-next.1+build.2026", Listed: true, Decision: denied("cooldown", "published 49 minutes ago; versions wait 72 hours", noon.Add(71*time.Hour))})
	v.Versions = append(v.Versions, assay.VersionDecision{Version: "4.17.21", Listed: true, Decision: observed("install-scripts", "runs code at install")})
	v.Versions = append(v.Versions, assay.VersionDecision{Version: "4.17.20", Listed: true, Decision: assay.Decision{Effect: assay.Warn, Opinions: []assay.Opinion{{Rule: "vanished", Effect: assay.Warn, Reason: "the upstream no longer lists it"}}}})
	v.Versions = append(v.Versions, assay.VersionDecision{Version: "4.17.19", Decision: denied("status", "quarantined: its archive holds a file outside its folder", time.Time{})})
	for i := range 296 {
		v.Versions = append(v.Versions, assay.VersionDecision{Version: fmt.Sprintf("4.16.%d", 295-i), Listed: true, Decision: assay.Decision{Effect: assay.Allow}})
	}
	return v, nil
}

func (h *house) Decisions(ctx context.Context, q api.DecisionQuery) (api.Decisions, error) {
	if err := h.note(q); err != nil {
		return api.Decisions{}, err
	}
	if q.Effect == "frown" {
		return api.Decisions{}, assay.Errorf(assay.Invalid, "%q is no effect: write deny, warn, would deny or would warn", q.Effect)
	}
	var d api.Decisions
	add := func(c assay.Coordinate, registry, rule, effect, reason string, count int64) {
		row := api.DecisionRow{Last: noon.Add(-time.Duration(len(d.Decisions)) * 7 * time.Minute), Day: "2026-11-22", Registry: registry, Coordinate: c,
			Rule: rule, Effect: effect, Reason: reason, Count: count, Why: knownWhy}
		if assay.PrincipalOf(ctx).Admin {
			row.Principal = "token-9f2c"
		}
		if (q.Rule == "" || q.Rule == rule) && (q.Effect == "" || q.Effect == effect) && (q.Registry == "" || q.Registry == registry) && q.After == "" {
			d.Decisions = append(d.Decisions, row)
		}
	}
	add(npm("axios", "1.14.1"), "npm", "cooldown", "deny", "published 49 minutes ago; versions wait 72 hours", 1912)
	add(npm("lodash", "4.17.20"), "npm", "vanished", "warn", "the upstream no longer lists it", 3)
	add(assay.Coordinate{Ecosystem: assay.Golang, Name: "github.com/GoogleCloudPlatform/opentelemetry-operations-go/detectors/gcp", Version: "v0.0.0-20261122093015-0123456789ab"}, "go", "block", "deny", "imitates another module and carries a back door", 1)
	add(npm("esbuild", "0.25.1"), "npm", "install-scripts", "would deny", "runs code at install: postinstall", 44)
	if mayReadPrivate(ctx) {
		add(npm(privateName, "1.1.0"), "npm", "status", "deny", "quarantined: an alarm in vaultworks", 2)
	}
	if q.After == "" {
		d.Next = "c2"
	}
	return d, nil
}

func (h *house) Traffic(context.Context) (api.Traffic, error) {
	return api.Traffic{From: noon.Add(-time.Hour), To: noon, Passed: 6214, Warned: 31, Refused: 5, WouldRefuse: 44}, h.note("traffic")
}

func (h *house) Rules(context.Context) (api.Rules, error) {
	return api.Rules{Epoch: 231, Days: 30, Rules: []api.RuleInForce{
		{Rule: "block", Summary: "refuses what 2 blocks name", Enforced: &api.Breadth{}},
		{Rule: "cooldown", Summary: "holds new versions back for 3 days after the upstream published them", Enforced: &api.Breadth{Downloads: 1940, Versions: 212, Packages: 97, Principals: 14, Anonymous: 1200}},
		{Rule: "install-scripts", Mode: assay.Observe, Summary: "refuses versions that run code when they are installed", Observed: &api.Breadth{Downloads: 61, Versions: 4, Packages: 3, Principals: 4, Anonymous: 12}},
		{Rule: "no-provenance-of-a-package-that-had-it", Mode: assay.Observe, Summary: "refuses versions without provenance", Observed: &api.Breadth{}},
	}}, h.note("rules")
}

func (h *house) Preview(context.Context, string) (api.Preview, error) { return api.Preview{}, nil }

// ledger is a log with real proofs, of events of which one is private.
type ledger struct {
	public bool
	leaves []string
	bodies []string
	kinds  []assay.EventKind
	hashes []merkle.Hash // as merkle.StoredHashes gives them
	signer note.Signer
	key    string
}

func newLedger(t *testing.T, public bool) *ledger {
	t.Helper()
	signing, verifying, err := note.GenerateKey(nil, "packages.example/log")
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{public: public, key: verifying}
	if l.signer, err = note.NewSigner(signing); err != nil {
		t.Fatal(err)
	}
	for i, e := range []struct {
		kind assay.EventKind
		body string
	}{
		{assay.EventInstanceCreated, `{"by":"operator","details":{},"subject":{}}`},
		{assay.EventUpstreamChanged, `{"by":"operator","details":{"place":"npm"},"subject":{}}`},
		{assay.EventStored, `{"by":"","details":{},"subject":{"file":"lodash-4.17.21.tgz","name":"lodash","version":"4.17.21"}}`},
		{assay.EventPublished, `{"by":"token-9f2c","details":{},"subject":{"name":"` + privateName + `","version":"1.1.0"}}`},
		{assay.EventExcepted, `{"by":"token-9f2c","details":{"reason":"the release of Thursday needs it"},"subject":{"name":"lodash","version":"4.17.20"}}`},
		{assay.EventStatusChanged, `{"by":"operator","details":{"reason":"an alarm in vaultworks"},"subject":{"name":"` + privateName + `","version":"1.1.0"}}`},
		{assay.EventBlocked, `{"by":"operator","details":{"reason":"prototype <b>pollution</b>"},"subject":{"name":"lodash"}}`},
	} {
		l.append(t, e.kind, noon.Add(time.Duration(i)*time.Hour), e.body)
	}
	return l
}

func (l *ledger) append(t *testing.T, kind assay.EventKind, at time.Time, body string) {
	t.Helper()
	leaf := tlog.Leaf{Kind: kind, Time: at, Ecosystem: assay.NPM, Commitment: tlog.Commit(make([]byte, tlog.SaltSize), []byte(body))}
	read := merkle.HashReaderFunc(func(indexes []int64) ([]merkle.Hash, error) { return l.read(indexes), nil })
	more, err := merkle.StoredHashes(int64(len(l.leaves)), leaf.Bytes(), read)
	if err != nil {
		t.Fatal(err)
	}
	l.hashes = append(l.hashes, more...)
	l.leaves, l.bodies, l.kinds = append(l.leaves, string(leaf.Bytes())), append(l.bodies, body), append(l.kinds, kind)
}

func (l *ledger) read(indexes []int64) []merkle.Hash {
	out := make([]merkle.Hash, len(indexes))
	for i, at := range indexes {
		out[i] = l.hashes[at]
	}
	return out
}

func (l *ledger) reader() merkle.HashReader {
	return merkle.HashReaderFunc(func(indexes []int64) ([]merkle.Hash, error) { return l.read(indexes), nil })
}

func (l *ledger) checkpoint() []byte {
	root, err := merkle.TreeHash(int64(len(l.leaves)), l.reader())
	if err != nil {
		panic(err)
	}
	signed, err := tlog.Checkpoint{Origin: "packages.example/log", Size: int64(len(l.leaves)), Root: root}.Sign(l.signer)
	if err != nil {
		panic(err)
	}
	return signed
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := assay.PrincipalOf(r.Context())
	index, isEntry := strings.CutPrefix(r.URL.Path, "/entry/")
	switch {
	case !l.public && p.ID == "":
		http.Error(w, "the log is for administrators: send an administrator's token, or have log.public switched on", http.StatusUnauthorized)
	case !l.public && !p.Admin:
		http.Error(w, "the log is for administrators, and this token is not one's", http.StatusForbidden)
	case r.URL.Path == "/checkpoint":
		w.Write(l.checkpoint())
	case r.URL.Path == "/key":
		w.Write([]byte(l.key + "\n"))
	case isEntry:
		n, err := strconv.ParseInt(index, 10, 64)
		if err != nil || n >= int64(len(l.leaves)) {
			http.Error(w, "the log has no entry "+index+": it has 7, counted from 0", http.StatusNotFound)
			return
		}
		hashes, err := merkle.ProveRecord(int64(len(l.leaves)), n, l.reader())
		if err != nil {
			panic(err)
		}
		text, err := json.Marshal(tlog.Proof{Format: tlog.ProofFormat, Checkpoint: string(l.checkpoint()), Index: n, Leaf: l.leaves[n], Hashes: hashes})
		if err != nil {
			panic(err)
		}
		w.Write(text)
	case r.URL.Path == "/feed":
		from, err := strconv.Atoi(r.URL.Query().Get("from"))
		if err != nil {
			panic(err)
		}
		for i := from; i < len(l.leaves); i++ {
			item := map[string]any{"index": i, "time": noon.Add(time.Duration(i) * time.Hour), "kind": l.kinds[i], "ecosystem": "npm", "commitment": hex.EncodeToString([]byte("c"))}
			if private := strings.Contains(l.bodies[i], privateName); !private || p.MayRead(assay.NPM, privateName) {
				item["body"] = json.RawMessage(l.bodies[i])
			}
			line, err := json.Marshal(item)
			if err != nil {
				panic(err)
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				panic(http.ErrAbortHandler)
			}
			if err := http.NewResponseController(w).Flush(); err != nil {
				panic(http.ErrAbortHandler)
			}
			if r.Context().Err() != nil {
				panic(http.ErrAbortHandler)
			}
		}
	default:
		http.Error(w, "the log has checkpoint, tile/, entry/<index>, feed and key", http.StatusNotFound)
	}
}

// card is a scorecard.
type card template.HTML

func (c card) Page(context.Context) (template.HTML, bool, error) {
	return template.HTML(c), c != "", nil
}

// twoTokens lets an administrator and another reader in.
type twoTokens struct{}

func (twoTokens) Authenticate(_ context.Context, secret string) (assay.Principal, error) {
	switch secret {
	case "admin":
		return assay.Principal{ID: "a1", Admin: true}, nil
	case "reader":
		return assay.Principal{ID: "r1"}, nil
	}
	return assay.Principal{}, assay.Errorf(assay.Unauthenticated, "this token is not known")
}

func (twoTokens) Remembered(string) (assay.Principal, bool) { return assay.Principal{}, false }

func (c card) File(name string) ([]byte, string, bool) {
	return []byte(c), "text/plain; charset=utf-8", name == "card.json"
}
