package visit

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
)

func small() Limits { return Limits{Within: 400 * time.Millisecond, Body: 64 << 10, Redirects: 2} }

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestWhateverASubjectDoesBecomesAFault(t *testing.T) {
	release := make(chan struct{})
	cases := map[string]struct {
		handler http.HandlerFunc
		want    scorecard.FaultKind
	}{
		"it hangs before its header": {func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}, scorecard.TooSlow},
		"it hangs in its body": {func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "{")
			w.(http.Flusher).Flush()
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}, scorecard.TooSlow},
		"it sends without end": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		}, scorecard.TooBig},
		"it promises more than it sends": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "5000")
			fmt.Fprint(w, "short")
		}, scorecard.ClosedEarly},
		"it hangs up": {func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}, scorecard.ClosedEarly},
		"it redirects in a circle": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}, scorecard.RedirectAway},
		"it redirects into another network": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		}, scorecard.NotAllowed},
		"it redirects to another door of this machine": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, scorecard.NotAllowed},
		"it redirects to a file": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		}, scorecard.NotAllowed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.handler)
			v := New(Config{Subject: []string{s.URL}, Limits: small()})
			defer v.Close()
			record := v.Record()
			_, err := record.Do(context.Background(), scorecard.Request{URL: s.URL + "/a"})
			f, ok := errors.AsType[*scorecard.Fault](err)
			if !ok || f.Kind != c.want {
				t.Fatalf("got %v, want a fault %q", err, c.want)
			}
			x := record.Exchanges()
			if len(x) == 0 || x[len(x)-1].Fault == "" {
				t.Fatalf("the fault is not in the record: %+v", x)
			}
		})
	}
	close(release)
}

func TestTrialsStayWhereTheyMay(t *testing.T) {
	var touched atomic.Int32
	other := serve(t, func(w http.ResponseWriter, r *http.Request) { touched.Add(1) })
	subject := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(other.URL, "127.0.0.1", "localhost", 1), http.StatusFound)
	})
	v := New(Config{Subject: []string{subject.URL}, Acting: true, Limits: small()})
	defer v.Close()
	res, err := v.Record().Do(context.Background(), scorecard.Request{URL: subject.URL})
	if err != nil || res.Status != http.StatusFound || touched.Load() != 0 {
		t.Fatalf("a trial followed a redirect: %v %v, touched %d", res.Status, err, touched.Load())
	}
	if _, err := v.Record().Do(context.Background(), scorecard.Request{URL: "http://192.0.2.1/"}); !isFault(err, scorecard.NotAllowed) {
		t.Fatalf("a trial asked a host that is not the subject: %v", err)
	}
}

// A name that leads to this machine when it is looked at, and elsewhere when
// it is dialled, must not carry a trial there.
func TestTheAddressIsJudgedWhenItIsDialled(t *testing.T) {
	v := New(Config{Subject: []string{"http://registry.example"}, Acting: true, Limits: small()})
	defer v.Close()
	judge := v.guard("registry.example", "registry.example:80")
	for address, allowed := range map[string]bool{
		"127.0.0.1:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true,
		"192.0.2.7:80": false, "10.0.0.1:80": false, "[2001:db8::1]:80": false, "0.0.0.0:80": false,
	} {
		if err := judge("tcp", address, nil); (err == nil) != allowed {
			t.Errorf("%s: %v, want allowed %v", address, err, allowed)
		}
	}
	named := New(Config{Subject: []string{"http://registry.example"}, Acting: true, MayTest: []string{"Registry.Example"}})
	defer named.Close()
	if err := named.guard("registry.example", "registry.example:80")("tcp", "192.0.2.7:80", nil); err != nil {
		t.Errorf("a host that was named may be tested: %v", err)
	}
	if err := named.guard("other.example", "other.example:80")("tcp", "192.0.2.7:80", nil); err == nil {
		t.Error("a host that was not named was allowed")
	}
}

func TestProbesOfThePublicInternetDoNotTouchOurOwn(t *testing.T) {
	v := New(Config{Subject: []string{"http://192.0.2.9"}, Limits: small()})
	defer v.Close()
	judge := v.guard("files.example", "files.example:443")
	for address, allowed := range map[string]bool{
		"192.0.2.8:443": true, "[2001:db8::5]:443": true,
		"127.0.0.1:443": false, "10.1.2.3:443": false, "192.168.1.1:443": false, "169.254.169.254:443": false,
		"100.64.3.4:443": false, "[fe80::1]:443": false, "[fd00::1]:443": false,
	} {
		if err := judge("tcp", address, nil); (err == nil) != allowed {
			t.Errorf("%s: %v, want allowed %v", address, err, allowed)
		}
	}
}

func TestCredentialsStayWithTheSubject(t *testing.T) {
	got := make(chan http.Header, 4)
	other := serve(t, func(w http.ResponseWriter, r *http.Request) { got <- r.Header.Clone() })
	subject := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Clone()
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	v := New(Config{Subject: []string{subject.URL, other.URL}, Limits: small()})
	defer v.Close()
	token := scorecard.Credential{Who: "publisher", Secret: "good_secret_secret"}
	_, err := v.Record().Do(context.Background(), scorecard.Request{URL: subject.URL, As: token,
		Header: http.Header{"Authorization": {"Bearer " + token.Secret}, "Npm-Otp": {"123456"}}})
	if err != nil {
		t.Fatal(err)
	}
	if h := <-got; h.Get("Authorization") == "" {
		t.Error("the subject was not given the credential")
	}
	if h := <-got; h.Get("Authorization") != "" || h.Get("Npm-Otp") != "" {
		t.Errorf("another host was given %v", h)
	}
	elsewhere := scorecard.Request{URL: "http://192.0.2.1/", As: token}
	if _, err := v.Record().Do(context.Background(), elsewhere); !isFault(err, scorecard.NotAllowed) {
		t.Errorf("a credential was sent to another host: %v", err)
	}
	if _, err := v.Record().Do(context.Background(), scorecard.Request{URL: "http://192.0.2.1/", Method: "PUT"}); !isFault(err, scorecard.NotAllowed) {
		t.Errorf("another host was written to: %v", err)
	}
}

func TestTheRecordHoldsNothingSecret(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session=topsecret")
		w.Header().Set("X-Token", "topsecret")
		w.Header().Set("Location", "/done?code=topsecret")
		w.Header().Set("ETag", `"1"`)
		fmt.Fprint(w, "topsecret")
	})
	u, _ := url.Parse(s.URL + "/x")
	u.User = url.UserPassword("somebody", "topsecret")
	v := New(Config{Subject: []string{s.URL}, Limits: small()})
	defer v.Close()
	record := v.Record()
	if _, err := record.Do(context.Background(), scorecard.Request{URL: u.String(), Header: http.Header{"Authorization": {"Bearer topsecret"}}}); err != nil {
		t.Fatal(err)
	}
	x := record.Exchanges()
	if len(x) != 1 || x[0].Header["Etag"] != `"1"` || x[0].Status != 200 || x[0].Bytes != 9 || x[0].Digest == "" {
		t.Fatalf("the record is not complete: %+v", x)
	}
	if said := fmt.Sprintf("%+v", x); strings.Contains(said, "topsecret") {
		t.Errorf("the record holds a secret: %s", said)
	}
}

func TestOldTLSIsOfferedOnlyWhenAsked(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	v := New(Config{Subject: []string{s.URL}, Roots: roots, Limits: small()})
	defer v.Close()
	res, err := v.Record().Do(context.Background(), scorecard.Request{URL: s.URL})
	if err != nil || res.TLS != "TLS 1.3" {
		t.Fatalf("%q %v", res.TLS, err)
	}
	res, err = v.Record().Do(context.Background(), scorecard.Request{URL: s.URL, MaxTLS: tls.VersionTLS11})
	if err != nil || res.TLS != "TLS 1.1" {
		t.Fatalf("%q %v", res.TLS, err)
	}
	strangers := New(Config{Subject: []string{s.URL}, Limits: small()})
	defer strangers.Close()
	if _, err := strangers.Record().Do(context.Background(), scorecard.Request{URL: s.URL}); !isFault(err, scorecard.BadTLS) {
		t.Errorf("a certificate nobody trusts: %v", err)
	}
}

func TestNothingListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	l.Close()
	v := New(Config{Subject: []string{address}, Limits: small()})
	defer v.Close()
	if _, err := v.Record().Do(context.Background(), scorecard.Request{URL: address}); !isFault(err, scorecard.NoConnection) {
		t.Errorf("got %v", err)
	}
}

func TestAFaultTellsNothingOfThisMachine(t *testing.T) {
	own := &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7), Port: 1234}
	at, _ := url.Parse("http://registry.example/")
	for name, c := range map[string]struct {
		err  error
		says string
	}{
		"no such host":     {&net.OpError{Op: "dial", Err: &net.DNSError{Name: "registry.example", Server: "10.9.8.7:53", IsNotFound: true}}, "no such host"},
		"no resolver":      {&net.DNSError{Name: "registry.example", Server: "10.9.8.7:53", Err: "server misbehaving"}, "could not be looked up"},
		"a broken pipe":    {&net.OpError{Op: "write", Source: own, Err: errors.New("broken pipe")}, "broken pipe"},
		"no proxy":         {&net.OpError{Op: "proxyconnect", Addr: own, Err: &net.OpError{Op: "dial", Addr: own, Err: errors.New("refused")}}, "the proxy"},
		"wrapped by a URL": {&url.Error{Op: "Get", URL: "http://registry.example/", Err: &net.OpError{Op: "read", Source: own, Err: errors.New("no route")}}, "no route"},
		"something else":   {errors.New("what nobody foresaw"), "what nobody foresaw"},
	} {
		f := classify(t.Context(), at, c.err)
		if f.Kind != scorecard.NoConnection || !strings.Contains(f.Text, c.says) || strings.Contains(f.Text, "10.9.8.7") {
			t.Errorf("%s: %s: %s", name, f.Kind, f.Text)
		}
	}
}

func TestARecordIsBounded(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })
	v := New(Config{Subject: []string{s.URL}, Limits: small()})
	defer v.Close()
	record := v.Record()
	for i := range exchangeBound + 30 {
		if _, err := record.Do(context.Background(), scorecard.Request{URL: fmt.Sprintf("%s/%d", s.URL, i)}); err != nil {
			t.Fatal(err)
		}
	}
	x := record.Exchanges()
	if len(x) != exchangeBound || !strings.HasSuffix(x[0].URL, "/0") || !strings.HasSuffix(x[len(x)-1].URL, fmt.Sprint("/", exchangeBound+29)) {
		t.Errorf("%d exchanges, from %s to %s", len(x), x[0].URL, x[len(x)-1].URL)
	}
}

func isFault(err error, kind scorecard.FaultKind) bool {
	f, ok := errors.AsType[*scorecard.Fault](err)
	return ok && f.Kind == kind
}
