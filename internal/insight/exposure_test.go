package insight

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// had keeps a version with a file, as if it had been pulled through.
func (h *house) had(place, name, version string, stored bool) {
	h.t.Helper()
	err := h.store.Update(h.t.Context(), func(tx store.Tx) error {
		if err := tx.PutPackage(h.t.Context(), store.Package{Registry: place, Name: name, Origin: "https://registry.example/", Owned: h.now()}); err != nil {
			return err
		}
		if err := tx.PutVersions(h.t.Context(), place, name, []store.Version{{Version: version, FirstListed: h.now()}}); err != nil {
			return err
		}
		return tx.PutFile(h.t.Context(), store.File{Registry: place, Name: name, Version: version, File: "x-" + version + ".tgz", Origin: "https://registry.example/",
			Blob: assay.Digest("sha256:" + sumA), Size: 9, FirstSeen: h.now().Add(-time.Hour), LastUsed: h.now(), Stored: stored})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) listed(place, name string, versions ...string) {
	h.t.Helper()
	err := h.store.Update(h.t.Context(), func(tx store.Tx) error {
		rows := make([]store.Version, len(versions))
		for i, v := range versions {
			rows[i] = store.Version{Version: v, FirstListed: h.now()}
		}
		return tx.PutVersions(h.t.Context(), place, name, rows)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) fetched(purl, principal string, daysAgo int, count int64) {
	h.t.Helper()
	err := h.store.Update(h.t.Context(), func(tx store.Tx) error {
		return tx.AddFetches(h.t.Context(), []store.Fetch{{Day: h.day(daysAgo), Coordinate: coordinate(h.t, purl).String(), Principal: principal, Count: count}})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) day(daysAgo int) string {
	return h.now().UTC().AddDate(0, 0, -daysAgo).Format(time.DateOnly)
}

// exposed is an exposure in one line: version(files, fetches).
func (h *house) exposed(subject string) string {
	h.t.Helper()
	x, err := h.svc.Exposure(h.t.Context(), subject)
	if err != nil {
		return assay.KindOf(err).String()
	}
	var out []string
	for _, v := range x.Versions {
		said := ""
		if v.Hosted {
			said += "hosted "
		}
		if v.Stored > 0 {
			said += fmt.Sprintf("%d stored ", v.Stored)
		}
		if v.Gone > 0 {
			said += fmt.Sprintf("%d gone ", v.Gone)
		}
		for _, f := range v.Fetches {
			ago := int(h.now().UTC().Truncate(24*time.Hour).Sub(mustDay(h.t, f.Day)).Hours() / 24)
			said += fmt.Sprintf("%s:%d on %d ", f.Principal, f.Count, ago)
		}
		out = append(out, v.Version.Short()+"("+strings.TrimSpace(said)+")")
	}
	return strings.Join(out, " ")
}

func mustDay(t *testing.T, day string) time.Time {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestExposure(t *testing.T) {
	h := newHouse(t)
	if got := h.exposed("pkg:npm/left"); got != "" {
		t.Errorf("an empty place had %q", got)
	}
	h.had("npm", "left", "1.0.0", true)
	h.had("npm", "left", "1.10.0", false)
	h.had("npm", "left", "1.9.0", true)
	h.had("npm", "lefty", "1.0.0", true)
	h.had("npm", "@s/left", "1.0.0", true)
	h.had("cargo", "left", "1.0.0", true)
	h.had("cargo", "left", "1.0.1", true)
	h.listed("npm", "left", "2.0.0", "3.0.0") // never taken
	h.fetched("pkg:npm/left@1.0.0", "", 3, 2)
	h.fetched("pkg:npm/left@1.0.0", "t-1", 3, 5)
	h.fetched("pkg:npm/left@1.0.0", "t-1", 0, 1)
	h.fetched("pkg:npm/left@1.5.0", "t-2", 1, 1) // of which nothing is kept
	h.fetched("pkg:npm/lefty@1.0.0", "t-3", 1, 9)
	h.fetched("pkg:npm/%40s/left@1.0.0", "t-3", 1, 4)
	err := h.store.Update(t.Context(), func(tx store.Tx) error {
		return tx.PutRelease(t.Context(), store.Release{Registry: "npm", Name: "@acme/kettle", Version: "1.0.0", Published: h.now(), By: "t-9", File: "k.tgz", Manifest: []byte("{}")})
	})
	if err != nil {
		t.Fatal(err)
	}
	h.add(Advisories, "a", h.write("a.jsonl", strings.Join([]string{
		record("GHSA-1", "left", "1.9.0", `,"aliases":["CVE-1"]`), record("X-1", "lefty", "", `,"aliases":["CVE-1"]`), record("MAL-7", "nobody-has-it", "", "")}, "\n")))
	const all = "left@1.0.0(1 stored :2 on 3 t-1:5 on 3 t-1:1 on 0) left@1.5.0(t-2:1 on 1) left@1.9.0(1 stored) left@1.10.0(1 gone)"
	for subject, want := range map[string]string{
		"pkg:npm/left":              all,
		"pkg:npm/left@>=1.9.0":      "left@1.9.0(1 stored) left@1.10.0(1 gone)",
		"pkg:npm/left@1.0.0":        "left@1.0.0(1 stored :2 on 3 t-1:5 on 3 t-1:1 on 0)",
		"pkg:npm/left@2.0.0":        "",
		"pkg:npm/%40s/left@1.0.0":   "@s/left@1.0.0(1 stored t-3:4 on 1)",
		"pkg:npm/@s/*":              "@s/left@1.0.0(1 stored t-3:4 on 1)",
		"pkg:npm/lef*":              all + " lefty@1.0.0(1 stored t-3:9 on 1)",
		"pkg:cargo/left@1.0.0":      "left@1.0.0(1 stored)", // the version, and not ^1.0.0
		"pkg:cargo/left@^1.0.0":     "left@1.0.0(1 stored) left@1.0.1(1 stored)",
		"pkg:npm/@acme/*":           "@acme/kettle@1.0.0(hosted)",
		"pkg:npm/never-here":        "",
		"GHSA-1":                    "left@1.0.0(1 stored :2 on 3 t-1:5 on 3 t-1:1 on 0) left@1.5.0(t-2:1 on 1)",
		"CVE-1":                     "left@1.0.0(1 stored :2 on 3 t-1:5 on 3 t-1:1 on 0) left@1.5.0(t-2:1 on 1) lefty@1.0.0(1 stored t-3:9 on 1)",
		" MAL-7 ":                   "",
		"GHSA-9":                    assay.NotFound.String(),
		"":                          assay.Invalid.String(),
		"pkg:cobol/left":            assay.Invalid.String(),
		"pkg:npm/left@not a range:": assay.Invalid.String(),
		strings.Repeat("x", 4000):   assay.Invalid.String(),
	} {
		if got := h.exposed(subject); got != want {
			t.Errorf("%.40s: %s, want %s", subject, got, want)
		}
	}
	x, err := h.svc.Exposure(t.Context(), "CVE-1")
	if err != nil || x.RecordsSince != h.day(3) || strings.Join(x.Advisories, " ") != "GHSA-1 X-1" || len(x.Packages) != 2 {
		t.Errorf("answered %+v, %v", x, err)
	}
	if v := x.Versions[0]; v.First.IsZero() || v.Last.Sub(v.First) != time.Hour {
		t.Errorf("of the first version it says %+v", v)
	}
}

// A day with many fetches of one package, and of its neighbours.
func TestExposureOfABusyDay(t *testing.T) {
	h := newHouse(t)
	const readers = 2500
	err := h.store.Update(t.Context(), func(tx store.Tx) error {
		var rows []store.Fetch
		for i := range readers {
			for _, purl := range []string{"pkg:npm/left@1.0.0", "pkg:npm/lef@1.0.0", "pkg:npm/left-pad@1.0.0", "pkg:npm/left@1.0.1"} {
				rows = append(rows, store.Fetch{Day: h.day(1), Coordinate: purl, Principal: fmt.Sprintf("t-%04d", i), Count: 1})
			}
		}
		return tx.AddFetches(t.Context(), rows)
	})
	if err != nil {
		t.Fatal(err)
	}
	x, err := h.svc.Exposure(t.Context(), "pkg:npm/left")
	if err != nil || len(x.Versions) != 2 || len(x.Versions[0].Fetches) != readers || len(x.Versions[1].Fetches) != readers || x.More {
		t.Fatalf("%d versions, more is %v, %v", len(x.Versions), x.More, err)
	}
}
