package golang

import (
	"bytes"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/golang/wire"
	"assay.invalid/internal/scorecard"
)

func inspect(r scorecard.Release, packed []byte) (wire.Published, error) {
	return wire.ReadPublished(r.Name, r.Version, bytes.NewReader(packed), int64(len(packed)), wire.DefaultLimits())
}

func TestSoundArchivesPassAndSpoiledOnesDoNot(t *testing.T) {
	for name, r := range map[string]scorecard.Release{
		"nothing but a name": {Name: "trial.example/assay-x/life", Version: "v1.0.0"},
		"everything": {
			Name: "trial.example/Assay/x-life", Version: "v0.1.0-rc.1", Files: map[string]string{"a/b.go": "package a\n", "README.md": "# x"},
			Dependencies: map[string]string{"rsc.io/quote": "v1.5.2", "golang.org/x/text": "v0.3.0"}, Homepage: "https://x.example",
		},
	} {
		packed, err := New(Config{}).Archive(r)
		if err != nil {
			t.Fatal(err)
		}
		published, err := inspect(r, packed)
		if err != nil || published.Path != r.Name {
			t.Errorf("%s: the sound one is refused: %v", name, err)
		}
		for _, how := range scorecard.Spoils {
			spoiled, err := New(Config{}).Spoiled(r, how)
			if err != nil || len(spoiled) == 0 {
				t.Fatalf("%s cannot be spoiled by %q: %v", name, how, err)
			}
			if _, err := inspect(r, spoiled); err == nil {
				t.Errorf("%s: %q passes", name, how)
			}
		}
	}
}

func TestOnlyTheNameIsWrongInsideAnotherName(t *testing.T) {
	r := scorecard.Release{Name: "trial.example/a", Version: "v1.0.0"}
	spoiled, err := New(Config{}).Spoiled(r, scorecard.OtherName)
	if err != nil {
		t.Fatal(err)
	}
	r.Name += "-another"
	if _, err := inspect(r, spoiled); err != nil {
		t.Errorf("it is wrong in more than its name: %v", err)
	}
}

func TestArchivesThatCannotBeSoundAreRefused(t *testing.T) {
	for _, path := range []string{"", "/a", "../a", "a/../b", "a//b", `a\b`} {
		if _, err := New(Config{}).Archive(scorecard.Release{Name: "trial.example/a", Version: "v1.0.0", Files: map[string]string{path: ""}}); !assay.Is(err, assay.Invalid) {
			t.Errorf("a file at %q: %v", path, err)
		}
	}
	if _, err := New(Config{}).Spoiled(scorecard.Release{Name: "trial.example/a", Version: "v1.0.0"}, "wished away"); !assay.Is(err, assay.Invalid) {
		t.Errorf("an unknown way to spoil it: %v", err)
	}
}

func TestThrowAwayNamesAreValidAndWhereTheyMayBe(t *testing.T) {
	p := New(Config{})
	for under, want := range map[string]string{
		"":                           "trial.example/assay-x7q/con-fus",
		"trial.example/*":            "trial.example/x7q-con-fus",
		"code.example/acme/score-*":  "code.example/acme/score-x7q-con-fus",
		"code.example/acme/one/":     "code.example/acme/one/x7q-con-fus",
		"code.example/acme/*/module": "code.example/acme/x7q-con-fus/module",
	} {
		got := p.ThrowAway(under, "x7q", "con-fus")
		if err := wire.Admissible(got, p.Version("1.0.0")); got != want || err != nil {
			t.Errorf("under %q: %q (%v), want %q", under, got, err, want)
		}
	}
	if p.Ecosystem() != assay.Golang || p.Version("v1.0.0") != "v1.0.0" || len(p.WellKnown()) == 0 {
		t.Error("the protocol does not know its ecosystem")
	}
}
