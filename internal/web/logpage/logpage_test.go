package logpage

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/web"
	"assay.invalid/internal/web/webtest"
)

func lifelike(t *testing.T) Page {
	t.Helper()
	tr := grow(t, 13)
	hashes, root := tr.prove(t, 6)
	proof := WorkOut(tr.leaves[6], 6, 13, hashes, root)
	text := base64.StdEncoding.EncodeToString(root)
	return Page{
		Origin: "packages.example/log", Size: 13, Root: text, Before: 13, Proof: &proof, Key: "packages.example/log+3f9a2c71+AV/+x",
		Checkpoint: "packages.example/log\n13\n" + text + "\n\n— packages.example/log z1vG=\n",
		Events: []web.Event{
			{Index: 12, Time: time.Date(2026, 3, 31, 1, 0, 0, 0, time.UTC), Kind: "status-changed", By: "operator", Reason: "cracks <b>",
				What: web.PURLOf(assay.Coordinate{Ecosystem: assay.NPM, Name: "left", Version: "1.0.0"})},
			{Index: 11, Time: time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC), Kind: "published", Sealed: true},
		},
	}
}

func TestTheLog(t *testing.T) {
	p := lifelike(t)
	page := webtest.Check(t, p.Write)
	page.Has("Entries 13", "Root "+p.Root, "assay log verify --key 'packages.example/log+3f9a2c71+AV/+x'",
		"Entry 6 is in the log", "Proven. The entry below, hashed with the 4 values beside it, gives the root",
		"these 8 bytes", "the entry’s hash "+p.Proof.LeafHash, "1, right "+p.Proof.Steps[0].Value+" gives "+p.Proof.Steps[0].Gives,
		"2, left", "the root "+p.Root, "assay log check entry-6.proof --key", "assay log prove --index 6 -o entry-6.proof",
		"entry 12 status changed pkg:npm/ left @1.0.0 by operator : cracks <b>", "published what it is about is told to those who may read it")
	// The empty line of a checkpoint is part of what is signed.
	if block := page.All("pre")[0].FirstChild.FirstChild.Data; block != strings.TrimSuffix(p.Checkpoint, "\n") {
		t.Errorf("the checkpoint is shown as %q", block)
	}
	for _, want := range []string{"/log/entry/6", "/log?entry=12#proof", "/log?before=11#events", "/log/checkpoint", "/log/key"} {
		if !slices.Contains(page.Links(), want) {
			t.Errorf("the page does not link to %s but to %q", want, page.Links())
		}
	}
}

func TestAProofThatDoesNotHoldIsSaidSo(t *testing.T) {
	p := lifelike(t)
	hashes, root := grow(t, 13).prove(t, 6)
	wrong := WorkOut("another entry\n", 6, 13, hashes, root)
	p.Proof = &wrong
	page := webtest.Check(t, p.Write)
	page.Has("Entry 6 is not shown to be in the log", "Not proven. The steps do not end in the root")
	page.Lacks("Proven. The entry")
}

func TestPagesOfEvents(t *testing.T) {
	p := lifelike(t)
	p.Before = 5
	p.Events = p.Events[:1]
	p.Events[0].Index = 0
	page := webtest.Check(t, p.Write)
	if links := page.Links(); !slices.Contains(links, "/log#events") || slices.ContainsFunc(links, func(l string) bool { return strings.Contains(l, "before") }) {
		t.Errorf("the last page links to %q", links)
	}
	webtest.Check(t, (&Page{Origin: "o"}).Write).Has("The log has no entries yet.", "There are no events.")
}
