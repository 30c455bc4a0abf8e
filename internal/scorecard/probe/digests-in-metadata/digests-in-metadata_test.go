package digestsinmetadata

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe/probetest"
)

func TestJudge(t *testing.T) {
	fits := &Compared{Name: "lodash", Version: "2.0.0", Algorithm: "sha512", Listed: "AB", Got: "ab"}
	cases := map[string]struct {
		seen Seen
		want scorecard.Outcome
		says string
	}{
		"all strong and one compared":    {Seen{Packages: []Package{{Name: "lodash", Looked: 12, Strong: 12}}, Compared: fits}, scorecard.Holds, "12 of 12 listed versions of lodash"},
		"some without":                   {Seen{Packages: []Package{{Name: "lodash", Looked: 12, Strong: 10, Without: []string{"0.1.0"}}}, Compared: fits}, scorecard.Partly, "lodash 0.1.0 does not"},
		"only weak":                      {Seen{Packages: []Package{{Name: "lodash", Looked: 2, Weak: 2}}}, scorecard.Fails, "SHA-1"},
		"none":                           {Seen{Packages: []Package{{Name: "lodash", Looked: 2}}}, scorecard.Fails, "none of 2"},
		"another file":                   {Seen{Packages: []Package{{Name: "lodash", Looked: 2, Strong: 2}}, Compared: &Compared{Algorithm: "sha512", Listed: "aa", Got: "bb"}}, scorecard.Fails, "is not the one"},
		"another file, some without":     {Seen{Packages: []Package{{Name: "lodash", Looked: 2, Strong: 1, Without: []string{"1"}}}, Compared: &Compared{Algorithm: "h1", Listed: "h1:a", Got: "h1:A"}}, scorecard.Fails, "is not the one"},
		"no file to compare":             {Seen{Packages: []Package{{Name: "lodash", Looked: 2, Strong: 2}}, Unfetched: "refused"}, scorecard.CouldNotTell, "refused"},
		"nothing that could be asked":    {Seen{Packages: []Package{{Name: "m", Unasked: true}}}, scorecard.CouldNotTell, "checksum database"},
		"nothing at all":                 {Seen{}, scorecard.CouldNotTell, ""},
		"h1 with and without its prefix": {Seen{Packages: []Package{{Looked: 1, Strong: 1}}, Compared: &Compared{Algorithm: "h1", Listed: "h1:a=", Got: "a="}}, scorecard.Holds, "h1"},
	}
	for name, c := range cases {
		f := probetest.Judge(t, Check(), probetest.Seen(t, c.seen))
		if f.Outcome != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func body(name string) []byte { return []byte("file of " + name) }

func digest(name string) string {
	sum := sha512.Sum512(body(name))
	return hex.EncodeToString(sum[:])
}

func TestCollect(t *testing.T) {
	listing := func(d map[string]string) map[string]scorecard.Listing {
		return map[string]scorecard.Listing{"lodash": {Latest: "2.0.0", Versions: map[string]scorecard.Version{"2.0.0": {Digests: d}, "1.0.0": {Digests: d}}}}
	}
	file := func(name, _ string) (scorecard.File, scorecard.Answer) {
		// The table beside the bytes is a lie that must not be believed.
		return scorecard.File{Body: body(name), Digests: map[string]string{"sha512": "ff", "h1": "h1:x"}}, probetest.Yes()
	}
	cases := map[string]struct {
		acts probetest.Acts
		eco  assay.Ecosystem
		want scorecard.Outcome
	}{
		"strong digests that fit": {probetest.Acts{OnListing: probetest.Listings(listing(map[string]string{"sha512": digest("lodash")})), OnFile: file}, assay.NPM, scorecard.Holds},
		"digests of another file": {probetest.Acts{OnListing: probetest.Listings(listing(map[string]string{"sha512": "ff"})), OnFile: file}, assay.NPM, scorecard.Fails},
		"only sha1":               {probetest.Acts{OnListing: probetest.Listings(listing(map[string]string{"sha1": "aa"})), OnFile: file}, assay.NPM, scorecard.Fails},
		"a file that is refused":  {probetest.Acts{OnListing: probetest.Listings(listing(map[string]string{"sha512": digest("lodash")}))}, assay.NPM, scorecard.CouldNotTell},
		"a listing that is unclear": {probetest.Acts{OnListing: func(scorecard.Credential, string) (scorecard.Listing, scorecard.Answer) {
			return scorecard.Listing{}, probetest.No(scorecard.Unclear)
		}}, assay.NPM, scorecard.CouldNotTell},
		"a package that is gone": {probetest.Acts{OnListing: probetest.Listings(nil)}, assay.NPM, scorecard.CouldNotTell},
		"Go with a key unknown":  {probetest.Acts{OnListing: probetest.Listings(listing(nil)), OnFile: file}, assay.Golang, scorecard.CouldNotTell},
		"Go without a record":    {probetest.Acts{OnListing: probetest.Listings(listing(map[string]string{})), OnFile: file}, assay.Golang, scorecard.Fails},
		"Go with h1":             {probetest.Acts{OnListing: probetest.Listings(listing(map[string]string{"h1": "h1:x"})), OnFile: file}, assay.Golang, scorecard.Holds},
	}
	for name, c := range cases {
		b := probetest.Bench(c.acts, probetest.Dead())
		b.Protocol = probetest.Protocol{Eco: c.eco}
		b.Samples = []string{"lodash"}
		if f := probetest.Find(t, Check(), b); f.Outcome != c.want {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestListsAreBounded(t *testing.T) {
	l := scorecard.Listing{Versions: map[string]scorecard.Version{}}
	for i := range 500 {
		l.Versions[fmt.Sprintf("1.0.%d", i)] = scorecard.Version{}
	}
	b := probetest.Bench(probetest.Acts{OnListing: probetest.Listings(map[string]scorecard.Listing{"lodash": l})}, probetest.Dead())
	b.Samples = []string{"lodash"}
	seen, err := collect(t.Context(), b)
	if err != nil || seen.Packages[0].Looked != 50 || len(seen.Packages[0].Without) != 20 {
		t.Errorf("%+v, %v", seen, err)
	}
}
