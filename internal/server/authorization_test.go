package server

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/server/api"
)

// tokenBook knows tokens by their secret.
type tokenBook struct {
	mu         sync.Mutex
	holders    map[string]assay.Principal
	remembered map[string]bool
	asked      int
	err        error
}

var errUnknownToken = assay.Errorf(assay.Unauthenticated, "this token is not known here")

const (
	goodSecret  = "assay_good"
	adminSecret = "assay_admin"
	wrongSecret = "assay_wrong"
)

func newTokenBook() *tokenBook {
	return &tokenBook{
		holders:    map[string]assay.Principal{goodSecret: {ID: "t-good"}, adminSecret: {ID: "t-admin", Admin: true}},
		remembered: map[string]bool{},
	}
}

func (b *tokenBook) Authenticate(_ context.Context, secret string) (assay.Principal, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	if b.err != nil {
		return assay.Principal{}, b.err
	}
	if p, ok := b.holders[secret]; ok {
		b.remembered[secret] = true
		return p, nil
	}
	return assay.Principal{}, errUnknownToken
}

func (b *tokenBook) Remembered(secret string) (assay.Principal, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.holders[secret], b.remembered[secret]
}

func (b *tokenBook) times() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked
}

func (b *tokenBook) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.remembered)
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// whoAsks answers with the principal, and with what is left of the header.
func whoAsks(w http.ResponseWriter, r *http.Request) {
	p := assay.PrincipalOf(r.Context())
	io.WriteString(w, "asker="+p.ID+" header="+strings.Join(r.Header["Authorization"], ","))
}

func TestWhoAsks(t *testing.T) {
	book := newTokenBook()
	run := start(t, Config{Auth: book, Places: handle(whoAsks), Limits: Limits{WrongTokens: 1000}})
	for _, tt := range []struct {
		name   string
		header []string
		status int
		asker  string
	}{
		{"nobody", nil, 200, ""},
		{"a bearer, as npm", []string{"Bearer " + goodSecret}, 200, "t-good"},
		{"in small letters", []string{"bearer " + goodSecret}, 200, "t-good"},
		{"with more blanks", []string{"Bearer   " + goodSecret + " "}, 200, "t-good"},
		{"a password, as go", []string{basic("assay", goodSecret)}, 200, "t-good"},
		{"of any user", []string{basic("", goodSecret)}, 200, "t-good"},
		{"a wrong bearer", []string{"Bearer " + wrongSecret}, 401, ""},
		{"a wrong password", []string{basic("assay", wrongSecret)}, 401, ""},
		{"a secret for a user name", []string{basic(goodSecret, "")}, 401, ""},
		{"a password that is longer", []string{basic("assay", goodSecret+":")}, 401, ""},
		{"no password at all", []string{"Basic " + base64.StdEncoding.EncodeToString([]byte(goodSecret))}, 401, ""},
		{"no base 64", []string{"Basic !" + goodSecret}, 401, ""},
		{"an empty bearer", []string{"Bearer "}, 401, ""},
		{"a variable that was not set", []string{"Bearer ${NPM_TOKEN}"}, 401, ""},
		{"an empty header", []string{""}, 401, ""},
		{"another scheme", []string{"Digest " + goodSecret}, 401, ""},
		{"a bare secret, as cargo", []string{goodSecret}, 200, "t-good"},
		{"a wrong bare secret", []string{wrongSecret}, 401, ""},
		{"a scheme alone", []string{"Bearer"}, 401, ""},
		{"a bare secret with a sign in it", []string{goodSecret + "!"}, 401, ""},
		{"two, the good one last", []string{"Bearer " + wrongSecret, "Bearer " + goodSecret}, 401, ""},
		{"two, both good", []string{"Bearer " + goodSecret, "Bearer " + goodSecret}, 401, ""},
		{"an endless one", []string{basic(strings.Repeat("x", 2000), goodSecret)}, 401, ""},
	} {
		var header []string
		for _, h := range tt.header {
			header = append(header, "Authorization: "+h)
		}
		resp, body := get(t, run.addr, "/npm/x", header...)
		if resp.StatusCode != tt.status {
			t.Errorf("%s: %s %s", tt.name, resp.Status, body)
			continue
		}
		if tt.status == 200 && body != "asker="+tt.asker+" header=" {
			t.Errorf("%s: %s", tt.name, body)
		}
		if tt.status == 401 && (resp.Header.Get("Cache-Control") != "no-store" || resp.Header["Www-Authenticate"] != nil || !strings.Contains(body, "token")) {
			t.Errorf("%s: %v %s", tt.name, resp.Header, body)
		}
		for _, secret := range []string{goodSecret, wrongSecret} {
			if strings.Contains(body, secret) || strings.Contains(resp.Status, secret) {
				t.Errorf("%s: the secret is told: %s %s", tt.name, resp.Status, body)
			}
		}
	}
	_, metrics := get(t, run.addr, "/metrics")
	for _, secret := range []string{goodSecret, wrongSecret, base64.StdEncoding.EncodeToString([]byte("assay:" + goodSecret))} {
		if strings.Contains(run.logs.String(), secret) || strings.Contains(metrics, secret) {
			t.Errorf("%s stands in the log or the metrics", secret)
		}
	}
}

func TestWrongTokensAreNeverAnonymous(t *testing.T) {
	for _, tt := range []struct {
		name   string
		auth   Authenticator
		path   string
		header string
		status int
	}{
		{"on a place", newTokenBook(), "/npm/x", "Bearer " + wrongSecret, 401},
		{"on the first page", newTokenBook(), "/", "Bearer " + wrongSecret, 401},
		{"on a page that is not there", newTokenBook(), "/nothing", "Bearer " + wrongSecret, 401},
		{"on a decision", newTokenBook(), "/why/" + knownWhy, "Bearer " + wrongSecret, 401},
		{"on the interface", newTokenBook(), "/api/v1/explain?purl=x", "Bearer " + wrongSecret, 401},
		{"on a probe, which asks no one", newTokenBook(), "/healthz", "Bearer " + wrongSecret, 200},
		{"where no tokens are known", nil, "/npm/x", "Bearer " + goodSecret, 401},
		{"when the store fails", &tokenBook{err: errors.New("the disk is on fire")}, "/npm/x", "Bearer " + goodSecret, 500},
		{"when the store is closed", &tokenBook{err: assay.Errorf(assay.Unavailable, "later")}, "/npm/x", "Bearer " + goodSecret, 503},
	} {
		run := start(t, Config{Auth: tt.auth, Places: handle(whoAsks)})
		resp, body := get(t, run.addr, tt.path, "Authorization: "+tt.header)
		if resp.StatusCode != tt.status || strings.Contains(body, "asker=") || strings.Contains(body, "fire") {
			t.Errorf("%s: %s %s", tt.name, resp.Status, body)
		}
	}
}

// elsewhere is a listener that says it is not on loopback.
type elsewhere struct{ net.Listener }

func (elsewhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 8417} }

func TestReadersFromTheNetwork(t *testing.T) {
	for _, tt := range []struct {
		name      string
		anonymous bool
		header    string
		path      string
		status    int
	}{
		{"nobody", false, "", "/npm/x", 401},
		{"a token", false, "Authorization: Bearer " + goodSecret, "/npm/x", 200},
		{"a token, for a decision", false, "Authorization: Bearer " + goodSecret, "/why/" + knownWhy, 200},
		{"a wrong token", false, "Authorization: Bearer " + wrongSecret, "/npm/x", 401},
		{"nobody where anybody may", true, "", "/npm/x", 200},
		{"a wrong token where anybody may", true, "Authorization: Bearer " + wrongSecret, "/npm/x", 401},
		{"a probe", false, "", "/healthz", 200},
	} {
		ln, err := Listen(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		run := startOn(t, Config{Auth: newTokenBook(), Places: handle(whoAsks), PublicURL: "http://packages.example", AnonymousNetworkReads: tt.anonymous}, elsewhere{ln})
		header := ""
		if tt.header != "" {
			header = tt.header + "\n"
		}
		_ = run
		resp, body := ask(t, ln.Addr().String(), "GET "+tt.path+" HTTP/1.1\nHost: packages.example\nConnection: close\n"+header+"\n")
		if resp.StatusCode != tt.status {
			t.Errorf("%s: %s %s", tt.name, resp.Status, body)
		}
		if tt.status == 401 && tt.header == "" && !strings.Contains(body, "assay token create") {
			t.Errorf("%s: nobody hears what to do: %s", tt.name, body)
		}
	}
}

func TestTheSocketIsTheOperators(t *testing.T) {
	s := newServer(t, Config{Auth: newTokenBook(), Places: handle(whoAsks)}, &logBuffer{})
	ln, err := net.Listen("unix", t.TempDir()+"/s")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.ServeSocket(ctx, ln) }()
	for _, header := range []string{"", "Authorization: Bearer " + wrongSecret + "\n"} {
		conn, err := net.Dial("unix", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		c := wrapClient(t, conn)
		c.send("GET /npm/x HTTP/1.1\nHost: any\nConnection: close\n" + header + "\n")
		if resp, body := c.read("GET"); resp.StatusCode != 200 || body != "asker=operator header=" {
			t.Errorf("%q: %s %s", header, resp.Status, body)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTheInterfaceFromTheNetwork(t *testing.T) {
	addr := start(t, Config{Auth: newTokenBook()}).addr
	for _, tt := range []struct {
		name, header string
		status       int
	}{
		{"nobody", "", 401},
		{"a token", "Authorization: Bearer " + goodSecret, 403},
		{"an administrator's", "Authorization: Bearer " + adminSecret, 200},
	} {
		header := []string{}
		if tt.header != "" {
			header = append(header, tt.header)
		}
		if resp, body := get(t, addr, api.Prefix+"blocks", header...); resp.StatusCode != tt.status {
			t.Errorf("%s: %s %s", tt.name, resp.Status, body)
		}
	}
}

func TestCachesDoNotMixAskersUp(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"/nothing":    func(http.ResponseWriter, *http.Request) {},
		"/plain":      func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") },
		"/status":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) },
		"/file":       func(w http.ResponseWriter, _ *http.Request) { w.(io.ReaderFrom).ReadFrom(strings.NewReader("x")) },
		"/listing":    withHeader("Vary", "Accept, Accept-Encoding", "Cache-Control", "no-cache"),
		"/shared":     withHeader("Cache-Control", "public, max-age=60, S-MaxAge=600, immutable"),
		"/never":      withHeader("Cache-Control", "no-store"),
		"/own":        withHeader("Cache-Control", "private, no-cache", "Vary", "Authorization"),
		"/everything": withHeader("Vary", "*"),
	}
	addr := start(t, Config{Auth: newTokenBook(), Places: handle(func(w http.ResponseWriter, r *http.Request) { answers[r.URL.Path](w, r) })}).addr
	for _, tt := range []struct {
		path            string
		anonymous, mine string // Cache-Control
		vary            []string
	}{
		{"/nothing", "", "private", []string{"Authorization"}},
		{"/plain", "", "private", []string{"Authorization"}},
		{"/status", "", "private", []string{"Authorization"}},
		{"/file", "", "private", []string{"Authorization"}},
		{"/listing", "no-cache", "private, no-cache", []string{"Accept, Accept-Encoding", "Authorization"}},
		{"/shared", "public, max-age=60, S-MaxAge=600, immutable", "private, max-age=60, immutable", []string{"Authorization"}},
		{"/never", "no-store", "private, no-store", []string{"Authorization"}},
		{"/own", "private, no-cache", "private, no-cache", []string{"Authorization"}},
		{"/everything", "", "private", []string{"*"}},
	} {
		for _, as := range []struct{ name, header, control string }{
			{"anonymous", "X-Nothing: 1", tt.anonymous},
			{"known", "Authorization: Bearer " + goodSecret, tt.mine},
		} {
			resp, _ := get(t, addr, "/npm"+tt.path, as.header)
			if got := resp.Header.Get("Cache-Control"); got != as.control {
				t.Errorf("%s, %s: Cache-Control is %q, want %q", tt.path, as.name, got, as.control)
			}
			if got := resp.Header["Vary"]; !slices.Equal(got, tt.vary) {
				t.Errorf("%s, %s: Vary is %q, want %q", tt.path, as.name, got, tt.vary)
			}
		}
	}
	if resp, _ := get(t, addr, "/healthz"); resp.Header["Vary"] != nil {
		t.Errorf("a probe varies: %v", resp.Header)
	}
	if !slices.Equal(varyAuthorization, []string{"Authorization"}) {
		t.Errorf("the shared value was changed: %q", varyAuthorization)
	}
}

func withHeader(pairs ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(pairs); i += 2 {
			w.Header().Set(pairs[i], pairs[i+1])
		}
		io.WriteString(w, "x")
	}
}

func TestGuessing(t *testing.T) {
	book := newTokenBook()
	run := start(t, Config{Auth: book, Places: handle(whoAsks), Limits: Limits{WrongTokens: 3, WrongTokenEvery: time.Hour}})
	send := func(authorization string) (*http.Response, string) {
		return get(t, run.addr, "/npm/x", "Authorization: "+authorization)
	}
	// Good ones cost nothing, asked for or remembered.
	for range 10 {
		book.forget()
		if resp, body := send("Bearer " + goodSecret); resp.StatusCode != 200 {
			t.Fatalf("%s %s", resp.Status, body)
		}
	}
	for i, wrong := range []string{"Bearer " + wrongSecret, "Digest x", "Bearer"} {
		if resp, _ := send(wrong); resp.StatusCode != 401 {
			t.Fatalf("wrong token %d: %s", i, resp.Status)
		}
	}
	asked := book.times()
	resp, body := send("Bearer " + wrongSecret)
	if resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "3600" || !strings.Contains(body, "too many wrong tokens") {
		t.Errorf("%s %v %s", resp.Status, resp.Header, body)
	}
	if resp, _ := send("Bearer " + goodSecret); resp.StatusCode != 200 {
		t.Errorf("a neighbour whose token is remembered is locked out: %s", resp.Status)
	}
	book.forget()
	if resp, _ := send("Bearer " + goodSecret); resp.StatusCode != 429 {
		t.Errorf("the next guess is answered: %s", resp.Status)
	}
	if book.times() != asked {
		t.Error("who has no attempts left still asks the store")
	}
	if resp, _ := get(t, run.addr, "/npm/x"); resp.StatusCode != 200 {
		t.Errorf("anonymous readers are locked out: %s", resp.Status)
	}
}

func FuzzCredential(f *testing.F) {
	for _, s := range []string{"", "Bearer x", "bearer", "Basic eDp5", "Basic !!", "Basic", " Bearer x", "Bearer x y", "\x00", strings.Repeat("Bearer ", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		secret, said := credential(http.Header{"Authorization": {value}})
		if !said {
			t.Fatal("a header passes for none")
		}
		if secret != "" && len(value) > maxAuthorization {
			t.Fatal("an endless header is read")
		}
		scheme, _, _ := strings.Cut(value, " ")
		if secret != "" && !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "Basic") && !bareSecret(value) {
			t.Fatalf("%q carries %q", value, secret)
		}
		if _, said := credential(http.Header{"Authorization": {value, value}}); !said {
			t.Fatal("two headers pass for none")
		}
	})
}

// Anonymous askers on loopback read hosted packages only where the operator
// has said so.
func TestAnonymousHostedReads(t *testing.T) {
	for name, allowed := range map[string]bool{"by default": false, "said in words": true} {
		t.Run(name, func(t *testing.T) {
			f := &front{hostedReads: allowed}
			r, p, err := f.identify(httptest.NewRequest("GET", "/npm/x", nil), nil)
			if err != nil || p != nil {
				t.Fatalf("%v, %v", p, err)
			}
			got := assay.PrincipalOf(r.Context())
			if got.ID != "" || got.Admin || got.MayPublish(assay.NPM, "x") || got.MayRead(assay.NPM, "x") != allowed {
				t.Errorf("the asker is %+v", got)
			}
		})
	}
}

// ownRefusals is a place that writes refusals in its protocol's form.
type ownRefusals struct{ http.Handler }

func (ownRefusals) Refuse(w http.ResponseWriter, _ *http.Request, err error) {
	w.Header().Set("WWW-Authenticate", `Basic realm="own"`)
	w.WriteHeader(ecosystem.StatusOf(err))
	_, _ = io.WriteString(w, "own: "+assay.PublicMessage(err))
}

// TestPlacesWriteRefusalsThemselves: some clients send a token only after the
// challenge of their protocol, and show refusals only in its form.
func TestPlacesWriteRefusalsThemselves(t *testing.T) {
	places := handle(whoAsks)
	for name, h := range places {
		places[name] = ownRefusals{h}
	}
	run := start(t, Config{Auth: newTokenBook(), Places: places, Limits: Limits{WrongTokens: 1000}})
	resp, body := get(t, run.addr, "/npm/x", "Authorization: Bearer "+wrongSecret)
	if resp.StatusCode != 401 || resp.Header.Get("WWW-Authenticate") != `Basic realm="own"` || !strings.HasPrefix(body, "own: ") {
		t.Errorf("a wrong token: %s %v %s", resp.Status, resp.Header, body)
	}
	if resp, body := get(t, run.addr, "/npm/x", "Authorization: Bearer "+goodSecret); resp.StatusCode != 200 {
		t.Errorf("a good one: %s %s", resp.Status, body)
	}
}
