package lockfilewithhashes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe/probetest"
)

func TestJudge(t *testing.T) {
	sound := Seen{Name: "lodash", Version: "0.1.0", Looked: 9, Algorithm: "sha512", Digest: "aa", Got: [2]string{"aa", "aa"}, Bytes: [2]string{"bb", "bb"}}
	cases := map[string]struct {
		bend func(*Seen)
		want scorecard.Outcome
		says string
	}{
		"all as it should be":          {func(*Seen) {}, scorecard.Holds, "oldest of 9"},
		"an address that runs out":     {func(s *Seen) { s.Expiring = []string{"X-Amz-Expires"} }, scorecard.Fails, "X-Amz-Expires"},
		"two files":                    {func(s *Seen) { s.Bytes[1] = "cc" }, scorecard.Fails, "two different files"},
		"two files, without a digest":  {func(s *Seen) { s.Bytes[1], s.Algorithm = "cc", "" }, scorecard.Fails, "two different files"},
		"no digest":                    {func(s *Seen) { s.Algorithm = "" }, scorecard.Fails, "no strong digest"},
		"no digest that could be had":  {func(s *Seen) { s.Algorithm, s.Unasked = "", true }, scorecard.CouldNotTell, "checksum database"},
		"another file":                 {func(s *Seen) { s.Got = [2]string{"dd", "dd"} }, scorecard.Fails, "is not the one"},
		"the second one does not come": {func(s *Seen) { s.Bytes[1], s.Got[1], s.Unfetched = "", "", "too slow" }, scorecard.CouldNotTell, "too slow"},
		"a digest that is not known":   {func(s *Seen) { s.Got = [2]string{} }, scorecard.CouldNotTell, "cannot be told"},
	}
	for name, c := range cases {
		s := sound
		c.bend(&s)
		f := probetest.Judge(t, Check(), probetest.Seen(t, s))
		if f.Outcome != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestCollect(t *testing.T) {
	sum := sha256.Sum256([]byte("old file"))
	good := scorecard.Version{Digests: map[string]string{"sha256": hex.EncodeToString(sum[:])}, File: "https://registry.example/npm/a/-/a-1.0.0.tgz"}
	fixed := func(string, string) (scorecard.File, scorecard.Answer) {
		return scorecard.File{Body: []byte("old file")}, probetest.Yes()
	}
	n := 0
	changing := func(string, string) (scorecard.File, scorecard.Answer) {
		n++
		return scorecard.File{Body: []byte{byte(n)}}, probetest.Yes()
	}
	signed := good
	signed.File += "?Expires=1700000000&Signature=very-secret"
	cases := map[string]struct {
		version scorecard.Version
		file    func(string, string) (scorecard.File, scorecard.Answer)
		want    scorecard.Outcome
	}{
		"a lasting file":              {good, fixed, scorecard.Holds},
		"a file that changes":         {good, changing, scorecard.Fails},
		"an address with a signature": {signed, fixed, scorecard.Fails},
		"no digest":                   {scorecard.Version{File: good.File}, fixed, scorecard.Fails},
		"a file that does not come": {good, func(string, string) (scorecard.File, scorecard.Answer) {
			return scorecard.File{}, probetest.No(scorecard.Unclear)
		}, scorecard.CouldNotTell},
	}
	for name, c := range cases {
		b := probetest.Bench(probetest.Acts{OnFile: c.file, OnListing: probetest.Listings(map[string]scorecard.Listing{
			"short": {Versions: map[string]scorecard.Version{"3.0.0": {}}},
			"a":     {Versions: map[string]scorecard.Version{"2.0.0": {}, "1.0.0": c.version}}})}, probetest.Dead())
		b.Samples = []string{"short", "a", "missing"}
		seen, err := Check().Collect(t.Context(), b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.Contains(string(seen), "very-secret") {
			t.Errorf("%s: the evidence holds a signature: %s", name, seen)
		}
		var s Seen
		if err := json.Unmarshal(seen, &s); err != nil || s.Name != "a" || s.Version != "1.0.0" {
			t.Errorf("%s: looked at %s %s, %v", name, s.Name, s.Version, err)
		}
		if f := probetest.Judge(t, Check(), seen); f.Outcome != c.want {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
	b := probetest.Bench(probetest.Acts{}, probetest.Dead())
	b.Samples = []string{"a"}
	if f := probetest.Find(t, Check(), b); f.Outcome != scorecard.NotSupported {
		t.Errorf("without a call for listings: %s", f.Outcome)
	}
}
