package visit

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"assay.invalid/internal/scorecard"
)

// A subject that may name addresses tries to reach what only this machine
// can, behind the guard's back.
func TestATrickyAddressIsNotDialled(t *testing.T) {
	var touched atomic.Int32
	other := serve(t, func(http.ResponseWriter, *http.Request) { touched.Add(1) })
	_, port, _ := strings.Cut(strings.TrimPrefix(other.URL, "http://"), ":")
	var to atomic.Value
	subject := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Location"] = []string{to.Load().(string)}
		w.WriteHeader(http.StatusFound)
	})
	v := New(Config{Subject: []string{subject.URL}, Proxy: http.ProxyFromEnvironment, Limits: small()})
	defer v.Close()
	for name, host := range map[string]string{
		"this machine by name":            "localhost",
		"by name with a dot after it":     "localhost.",
		"in wide digits":                  "１２７.0.0.1",
		"in wide digits, escaped":         "%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1",
		"with other letters for the dots": "127。0。0。1",
		"wrapped into IPv6":               "[::ffff:127.0.0.1]",
		"with a person before it":         "registry.example@127.0.0.1",
		"as the address of nobody":        "0.0.0.0",
		"as the address of nobody, IPv6":  "[::]",
		"in one number":                   "2130706433",
		"in short":                        "127.1",
	} {
		to.Store("http://" + host + ":" + port + "/")
		if _, err := v.Record().Do(context.Background(), scorecard.Request{URL: subject.URL}); err == nil || touched.Load() != 0 {
			t.Errorf("%s: %v, touched %d times", name, err, touched.Swap(0))
		}
	}
}

func TestAProxyIsNotAskedForOurOwnNetwork(t *testing.T) {
	var asked atomic.Int32
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	v := New(Config{Subject: []string{"http://registry.example/"}, Proxy: http.ProxyURL(at), Limits: small()})
	defer v.Close()
	for _, address := range []string{"http://registry.example/x", "http://files.example/x"} {
		if _, err := v.Record().Do(context.Background(), scorecard.Request{URL: address}); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if asked.Load() != 2 {
		t.Fatalf("the proxy was asked %d times, want 2", asked.Load())
	}
	for _, address := range []string{"http://10.0.0.1/", "http://169.254.169.254/", "http://localhost:8080/", "http://intranet/", "http://[::1]/", "http://[::ffff:10.0.0.1]/"} {
		if _, err := v.Record().Do(context.Background(), scorecard.Request{URL: address}); !isFault(err, scorecard.NotAllowed) || asked.Load() != 2 {
			t.Errorf("%s: %v, and the proxy was asked %d times", address, err, asked.Load())
		}
	}
}

// The subject's own name is not to be trusted for ever either.
func TestASubjectsNameDoesNotLeadInwards(t *testing.T) {
	v := New(Config{Subject: []string{"http://registry.example"}, Limits: small()})
	defer v.Close()
	judge := v.guard("registry.example", "registry.example:80")
	for _, c := range []struct {
		name, address string
		allowed       bool
	}{
		{"the machines that a cloud tells its secrets", "169.254.169.254:80", false},
		{"the same in IPv6", "[fe80::1]:80", false},
		{"the open internet", "192.0.2.7:80", true},
		{"another address of the open internet", "192.0.2.8:80", true},
		{"our own network, after the open internet", "10.0.0.1:80", false},
		{"this machine, after the open internet", "127.0.0.1:80", false},
	} {
		if err := judge("tcp", c.address, nil); (err == nil) != c.allowed {
			t.Errorf("%s: %v, want allowed %v", c.name, err, c.allowed)
		}
	}
	inside := New(Config{Subject: []string{"http://registry.example"}, Limits: small()})
	defer inside.Close()
	if err := inside.guard("registry.example", "registry.example:80")("tcp", "10.0.0.1:80", nil); err != nil {
		t.Errorf("a repository of one's own network: %v", err)
	}
	typed := New(Config{Subject: []string{"http://169.254.10.20"}, Limits: small()})
	defer typed.Close()
	if err := typed.guard("169.254.10.20", "169.254.10.20:80")("tcp", "169.254.10.20:80", nil); err != nil {
		t.Errorf("an address that was typed: %v", err)
	}
}

// Storage behind a repository is reached with a signature in the address.
func TestTheQueryOfARedirectIsNotKept(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			http.Redirect(w, r, "/b?X-Signature=topsecret", http.StatusFound)
		} else if r.URL.Query().Get("X-Signature") != "topsecret" {
			t.Error("the address was not asked as it was given")
		}
	})
	v := New(Config{Subject: []string{s.URL}, Limits: small()})
	defer v.Close()
	record := v.Record()
	res, err := record.Do(context.Background(), scorecard.Request{URL: s.URL + "/a"})
	if err != nil || res.At != s.URL+"/b" {
		t.Fatalf("%q %v", res.At, err)
	}
	if x := record.Exchanges(); len(x) != 2 || x[1].URL != s.URL+"/b" {
		t.Errorf("%+v", x)
	}
}

func TestAnAddressWithoutEndIsNotAsked(t *testing.T) {
	v := New(Config{Subject: []string{"http://127.0.0.1:1"}, Limits: small()})
	defer v.Close()
	record := v.Record()
	_, err := record.Do(context.Background(), scorecard.Request{URL: "http://127.0.0.1:1/" + strings.Repeat("a", 1<<20)})
	if x := record.Exchanges(); !isFault(err, scorecard.NotAllowed) || len(x) != 1 || len(x[0].URL) > addressBound {
		t.Errorf("%v, %d exchanges", err, len(x))
	}
}
