package provenancedisplayed

import (
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe/probetest"
)

func TestCollect(t *testing.T) {
	attested := scorecard.Version{Provenance: "https://registry.example/a"}
	listings := probetest.Listings(map[string]scorecard.Listing{
		"plain":   {Latest: "1.0.0", Versions: map[string]scorecard.Version{"1.0.0": {}}},
		"present": {Latest: "2.0.0", Versions: map[string]scorecard.Version{"2.0.0": attested, "1.0.0": {}}},
		"lapsed":  {Latest: "2.0.0", Versions: map[string]scorecard.Version{"2.0.0": {}, "1.0.0": attested}}})
	const (
		shows  = "<h1>present</h1><p>Provenance: built and signed on a build service."
		misses = "<h1>lapsed</h1><p>Version 2.0.0 has no provenance, although 1.0.0 had."
	)
	cases := map[string]struct {
		samples         []string
		present, lapsed string
		want            scorecard.Outcome
	}{
		"both":                                {[]string{"plain", "present", "lapsed"}, shows, misses, scorecard.Holds},
		"what is there alone":                 {[]string{"present", "lapsed"}, shows, "<h1>lapsed</h1>", scorecard.Partly},
		"what is missing alone":               {[]string{"present", "lapsed"}, "<h1>present</h1>", misses, scorecard.Partly},
		"neither":                             {[]string{"present", "lapsed"}, "<h1>present</h1>", "<h1>lapsed</h1>", scorecard.Fails},
		"only a sample that has it":           {[]string{"present"}, shows, "", scorecard.Partly},
		"only a sample that lost it":          {[]string{"lapsed"}, "", misses, scorecard.Partly},
		"a page that says there is none":      {[]string{"present"}, "<h1>present</h1><p>No provenance.", "", scorecard.Fails},
		"a lapsed page that claims there is":  {[]string{"lapsed"}, "", "<h1>lapsed</h1><p>Provenance: signed on a build service.", scorecard.Fails},
		"no sample with attestations":         {[]string{"plain"}, "", "", scorecard.CouldNotTell},
		"pages that are not there":            {[]string{"present", "lapsed"}, "", "", scorecard.CouldNotTell},
		"said in a script alone":              {[]string{"present"}, "<h1>present</h1><script>provenance</script>", "", scorecard.Fails},
		"one page that is not there":          {[]string{"present", "lapsed"}, shows, "", scorecard.Partly},
		"a package that is not there as well": {[]string{"missing", "present", "lapsed"}, shows, misses, scorecard.Holds},
	}
	for name, c := range cases {
		pages := probetest.Pages{}
		if c.present != "" {
			pages["https://registry.example/package/present"] = probetest.Text("text/html", c.present)
		}
		if c.lapsed != "" {
			pages["https://registry.example/package/lapsed"] = probetest.Text("text/html", c.lapsed)
		}
		b := probetest.Bench(probetest.Acts{OnListing: listings}, pages)
		b.Subject.Pages["package"], b.Samples = "https://registry.example/package/{name}", c.samples
		if f := probetest.Find(t, Check(), b); f.Outcome != c.want {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
	b := probetest.Bench(probetest.Acts{OnListing: listings}, probetest.Dead())
	b.Samples = []string{"present"}
	if f := probetest.Find(t, Check(), b); f.Outcome != scorecard.NotSupported {
		t.Errorf("no address stated: %s", f.Outcome)
	}
	b.Subject.Pages["package"] = "https://registry.example/package/{name}/{version}"
	if f := probetest.Find(t, Check(), b); f.Outcome != scorecard.CouldNotTell {
		t.Errorf("no answer: %s", f.Outcome)
	}
}

func TestJudgeOfNothing(t *testing.T) {
	if f := probetest.Judge(t, Check(), probetest.Seen(t, Seen{})); f.Outcome != scorecard.CouldNotTell {
		t.Errorf("no page: %s", f.Outcome)
	}
}
