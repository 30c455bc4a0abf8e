package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store"
)

func (f *furnished) writeFile(name, text string) string {
	f.t.Helper()
	path := filepath.Join(f.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return path
}

func malicious(id, name string, versions ...string) string {
	return fmt.Sprintf(`{"id":%q,"modified":"2026-11-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":%q},"versions":["%s"]}]}`,
		id, name, strings.Join(versions, `","`))
}

// With a thousand versions stored, an advisory or a list reaches all that it
// speaks of before whoever added it is answered: what is asked for next is
// refused, and what is going out is cut.
func TestNewKnowledgeReachesAThousandStoredVersions(t *testing.T) {
	f := newFurnished(t)
	const versions = 20
	for _, p := range []int{7, 8, 9, 49} {
		ages := map[string]time.Duration{}
		for v := range versions {
			ages[fmt.Sprintf("1.0.%d", v)] = 2000 * time.Hour
		}
		f.upstream(fmt.Sprintf("kettle-part%02d", p), ages)
	}
	file := func(p, v int) string {
		name := fmt.Sprintf("kettle-part%02d", p)
		return f.file(f.stranger(), "npm", name, fmt.Sprintf("%s-1.0.%d.tgz", name, v))
	}
	for _, at := range [][2]int{{7, 3}, {7, 4}, {7, 5}, {8, 3}, {9, 1}, {9, 2}, {49, 19}} {
		file(at[0], at[1])
	}
	f.keepRows(1000)
	good := file(7, 3)
	if good == assay.Denied.String() || file(49, 19) != good {
		t.Fatalf("the files answered %q and %q", good, file(49, 19))
	}
	repo, _ := f.c.house.registry.Place("npm")
	under := func(p, v int) chan struct{} {
		t.Helper()
		name := fmt.Sprintf("kettle-part%02d", p)
		c, err := repo.File(f.stranger(), name, fmt.Sprintf("%s-1.0.%d.tgz", name, v))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Release)
		cut := make(chan struct{})
		c.Flight.OnCut(func() { close(cut) })
		return cut
	}
	isCut := func(c chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	bad, fine := under(7, 3), under(7, 4)

	began := time.Now()
	_, err := f.c.AddSource(f.operator(), api.AdvisorySources, api.NewSource{Name: "worms", From: f.writeFile("w.json", malicious("MAL-1", "kettle-part07", "1.0.3", "1.0.5"))})
	if err != nil {
		t.Fatal(err)
	}
	if !isCut(bad) || isCut(fine) {
		t.Errorf("when the command answered, the malicious download was cut: %v; another: %v", isCut(bad), isCut(fine))
	}
	if got := file(7, 3) + file(7, 5); got != assay.Denied.String()+assay.Denied.String() {
		t.Errorf("then they answered %q", got)
	}
	if file(7, 4) != good || file(8, 3) != good {
		t.Error("another version is refused")
	}

	// By its digest.
	row := f.storedFile(9, 1)
	bad, fine = under(9, 1), under(9, 2)
	list := "sha256 " + hex.EncodeToString(make([]byte, 32)) + " nobody has it\nsha256 " + row + " it reads tokens\n"
	if _, err := f.c.AddSource(f.operator(), api.KnownBadSources, api.NewSource{Name: "digests", From: f.writeFile("d.txt", list)}); err != nil {
		t.Fatal(err)
	}
	if !isCut(bad) || isCut(fine) {
		t.Errorf("when the command answered, the listed download was cut: %v; another: %v", isCut(bad), isCut(fine))
	}
	if got := file(9, 1); got != assay.Denied.String() {
		t.Errorf("then it answered %q", got)
	}
	if file(9, 2) != good {
		t.Error("another version is refused")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}

	// And back.
	for kind, name := range map[api.SourceKind]string{api.AdvisorySources: "worms", api.KnownBadSources: "digests"} {
		if _, err := f.c.RemoveSource(f.operator(), kind, name); err != nil {
			t.Fatal(err)
		}
	}
	if file(7, 3) != good || file(7, 5) != good || file(9, 1) != good {
		t.Error("what is known to be bad no longer is still refused")
	}
}

// keepRows keeps versions and their files as if they had been pulled through.
func (f *furnished) keepRows(n int) {
	f.t.Helper()
	err := f.c.house.store.Update(f.t.Context(), func(tx store.Tx) error {
		for i := range n {
			name, version := fmt.Sprintf("stored-%02d", i/20), fmt.Sprintf("1.0.%d", i%20)
			sum := sha256.Sum256([]byte(name + version))
			file := store.File{Registry: "npm", Name: name, Version: version, File: name + "-" + version + ".tgz", Origin: f.npm.URL(),
				Blob: assay.NewDigest("sha256", sum[:]), Size: 9, FirstSeen: f.now(), LastUsed: f.now(), Stored: true}
			if err := tx.PutPackage(f.t.Context(), store.Package{Registry: "npm", Name: name, Origin: f.npm.URL(), Owned: f.now()}); err != nil {
				return err
			}
			if err := tx.PutVersions(f.t.Context(), "npm", name, []store.Version{{Version: version, FirstListed: f.now()}}); err != nil {
				return err
			}
			if err := tx.PutFile(f.t.Context(), file); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// storedFile is the SHA-256 of a stored file, in hexadecimal.
func (f *furnished) storedFile(p, v int) string {
	f.t.Helper()
	name := fmt.Sprintf("kettle-part%02d", p)
	sum := sha256.Sum256(f.npm.Tarball(name, fmt.Sprintf("1.0.%d", v)))
	return hex.EncodeToString(sum[:])
}

// A source at an address is asked conditionally, through the guard, and a place
// that redirects to this machine's private addresses is not followed.
func TestAddressesOfAdvisories(t *testing.T) {
	f := newFurnished(t)
	var asked, conditional atomic.Int64
	secret := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(malicious("MAL-9", "kettle", "1.0.0")))
	}))
	defer secret.Close()
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/feed/all.json", http.StatusFound)
		case "/away":
			http.Redirect(w, r, secret.URL+"/all.json", http.StatusFound)
		case "/feed/all.json":
			if r.Header.Get("If-None-Match") == `"1"` {
				conditional.Add(1)
				w.WriteHeader(http.StatusNotModified)
				return
			}
			if q := r.URL.Query().Get("key"); q != "" && q != "a b" {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			w.Header().Set("Etag", `"1"`)
			_, _ = w.Write([]byte(malicious("MAL-1", "kettle", "1.0.0")))
		default:
			http.NotFound(w, r)
		}
	}))
	defer feed.Close()
	for name, tc := range map[string]struct {
		path string
		kind assay.Kind
	}{
		"nothing there":                    {"/nowhere.json", assay.NotFound},
		"a redirect to another of our own": {"/away", assay.Unsound},
	} {
		_, err := f.c.AddSource(f.operator(), api.AdvisorySources, api.NewSource{Name: "feed", From: feed.URL + tc.path})
		if !assay.Is(err, tc.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, path := range []string{"/moved", "/feed/all.json?key=a%20b"} {
		added, err := f.c.AddSource(f.operator(), api.AdvisorySources, api.NewSource{Name: "feed", From: feed.URL + path})
		if err != nil || added.Records != 1 {
			t.Fatalf("%s: %+v, %v", path, added, err)
		}
		before := conditional.Load()
		read, err := f.c.RefreshSources(f.operator(), api.AdvisorySources, "feed")
		if err != nil || len(read) != 1 || len(read[0].Problems) > 0 || conditional.Load() != before+1 {
			t.Errorf("%s, asked again: %+v, %v", path, read, err)
		}
		if _, err := f.c.RemoveSource(f.operator(), api.AdvisorySources, "feed"); err != nil {
			t.Error(err)
		}
	}
	// Whoever stole a token opens no file of the machine.
	thief := assay.WithPrincipal(t.Context(), assay.Principal{ID: "t-1", Admin: true})
	if _, err := f.c.AddSource(thief, api.AdvisorySources, api.NewSource{Name: "x", From: "/etc/passwd"}); !assay.Is(err, assay.Forbidden) {
		t.Errorf("a path from the network: %v", err)
	}
	if _, err := f.c.Sources(f.operator(), "x"); !assay.Is(err, assay.NotFound) {
		t.Errorf("another kind: %v", err)
	}
}
