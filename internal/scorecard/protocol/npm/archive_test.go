package npm

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/npm/wire"
	"assay.invalid/internal/scorecard"
)

// inspect looks at a tarball as a strict server does, beside the manifest
// that is sent with it.
func inspect(r scorecard.Release, packed []byte) error {
	contents, err := wire.Inspect(context.Background(), bytes.NewReader(packed), int64(len(packed)), wire.DefaultInspectLimits())
	if err != nil {
		return err
	}
	sent, err := json.Marshal(manifest(r))
	if err != nil {
		return err
	}
	differ, err := contents.Disagreements(sent)
	if err == nil && len(differ) > 0 {
		err = assay.Errorf(assay.Invalid, "the manifests differ in %v", differ)
	}
	return err
}

func releases() map[string]scorecard.Release {
	return map[string]scorecard.Release{
		"nothing but a name": {Name: "assay-trial-x-y", Version: "1.0.0"},
		"everything": {
			Name: "@acme/score-x-y", Version: "1.0.0-rc.1", Files: map[string]string{"a/b.js": "1", "README.md": "# x"},
			Dependencies: map[string]string{"lodash": "^4"}, Scripts: map[string]string{"postinstall": "node a/b.js && echo '<done>'"},
			Repository: "https://code.example/x", Homepage: "https://x.example", Mail: "m@mail.example",
		},
	}
}

func TestSoundArchivesPassAndSpoiledOnesDoNot(t *testing.T) {
	for name, r := range releases() {
		packed, err := New().Archive(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := inspect(r, packed); err != nil {
			t.Errorf("%s: the sound one is refused: %v", name, err)
		}
		again, err := New().Archive(r)
		if err != nil || !bytes.Equal(packed, again) {
			t.Errorf("%s: it is packed differently each time (%v)", name, err)
		}
		for _, how := range scorecard.Spoils {
			spoiled, err := New().Spoiled(r, how)
			if err != nil || len(spoiled) == 0 {
				t.Fatalf("%s cannot be spoiled by %q: %v", name, how, err)
			}
			if err := inspect(r, spoiled); err == nil {
				t.Errorf("%s: %q passes", name, how)
			}
		}
	}
}

func TestArchivesThatCannotBeSoundAreRefused(t *testing.T) {
	for _, path := range []string{"", "/a", "../a", "a/../b", "a//b", "./a", `a\b`, "a/"} {
		if _, err := New().Archive(scorecard.Release{Name: "x", Version: "1.0.0", Files: map[string]string{path: ""}}); !assay.Is(err, assay.Invalid) {
			t.Errorf("a file at %q: %v", path, err)
		}
	}
	if _, err := New().Spoiled(scorecard.Release{Name: "x", Version: "1.0.0"}, "wished away"); !assay.Is(err, assay.Invalid) {
		t.Errorf("an unknown way to spoil it: %v", err)
	}
}

func TestAPackageMayBringItsOwnManifest(t *testing.T) {
	r := scorecard.Release{Name: "x", Version: "1.0.0", Files: map[string]string{"package.json": `{"name":"x","version":"1.0.0","scripts":{"install":"sh"}}`}}
	packed, err := New().Archive(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := inspect(r, packed); err == nil || !strings.Contains(err.Error(), "scripts.install") {
		t.Errorf("its manifest is not the one inside: %v", err)
	}
}

func TestThrowAwayNamesAreValidAndWhereTheyMayBe(t *testing.T) {
	for under, want := range map[string]string{
		"":              "assay-trial-x7q-con-fus",
		"@acme/score-*": "@acme/score-x7q-con-fus",
		"@trial/*":      "@trial/x7q-con-fus",
		"@acme/one":     "@acme/one-x7q-con-fus",
	} {
		got := New().ThrowAway(under, "x7q", "con-fus")
		if err := wire.NewName(got); got != want || err != nil {
			t.Errorf("under %q: %q (%v), want %q", under, got, err, want)
		}
	}
	p := New()
	if p.Ecosystem() != assay.NPM || p.Version("1.0.0") != "1.0.0" || len(p.WellKnown()) == 0 {
		t.Error("the protocol does not know its ecosystem")
	}
}
