package assess

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/catalogue"
)

func anyJudged(outcomes ...scorecard.Outcome) *rapid.Generator[scorecard.Judged] {
	return rapid.Custom(func(t *rapid.T) scorecard.Judged {
		j := found(
			rapid.SampledFrom([]string{decides, decidesToo, minor, fatal, other, "nobody's"}).Draw(t, "check"),
			rapid.SampledFrom([]assay.Ecosystem{whole, npm, golang}).Draw(t, "protocol"),
			rapid.SampledFrom(outcomes).Draw(t, "outcome"))
		// The same check may have been carried out twice.
		j.Finding.Reason += rapid.SampledFrom([]string{"", " again"}).Draw(t, "reason")
		return j
	})
}

func anyTaxonomy() *rapid.Generator[Taxonomy] {
	return rapid.Custom(func(t *rapid.T) Taxonomy {
		return rapid.MapOf(rapid.Just(catalogue.Accounts), rapid.Bool()).Draw(t, "taxonomy")
	})
}

func anyInput() *rapid.Generator[Input] {
	return rapid.Custom(func(t *rapid.T) Input {
		in := Input{
			Catalogue: two(), Definitions: definitions(),
			Taxonomy: anyTaxonomy().Draw(t, "taxonomy"),
			Judged:   rapid.SliceOfN(anyJudged(holds, partly, fails, untold, noCall), 0, 8).Draw(t, "judged"),
			Entries:  map[string]Entry{},
			Witnessed: rapid.MapOf(rapid.SampledFrom([]string{"decides", "decides npm", "decides golang", "minor npm", "fatal npm"}), rapid.Just(true)).
				Draw(t, "witnessed"),
		}
		for _, id := range []string{"yank", "mfa-totp"} {
			if rapid.Bool().Draw(t, "said") {
				e := Entry{State: rapid.SampledFrom(States).Draw(t, "state")}
				if rapid.Bool().Draw(t, "shown") {
					e.Evidence = []Link{{Where: "here", Date: "2026-01-01"}}
				}
				in.Entries[id] = e
			}
		}
		return in
	})
}

func rank(k Knowledge) int {
	return slices.Index([]Knowledge{Nothing, Stated, Documented, Probed, Witnessed}, k)
}

func TestShuffledFindingsGiveTheSameStandings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput().Draw(t, "input")
		want := Derive(in)
		before := slices.Clone(in.Judged)
		in.Judged = rapid.Permutation(in.Judged).Draw(t, "shuffled")
		if got := Derive(in); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\nwant %+v", got, want)
		}
		in.Judged = before
		if got := Derive(in); !reflect.DeepEqual(got, want) {
			t.Fatalf("deriving changed its input: %+v\nwant %+v", got, want)
		}
	})
}

func TestWhatCouldNotBeToldIsNeitherYesNorNo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput().Draw(t, "input")
		before := Derive(in)
		more := in
		more.Judged = append(slices.Clone(in.Judged), anyJudged(untold, noCall).Draw(t, "more"))
		added := more.Judged[len(more.Judged)-1].Finding.Outcome
		for i, after := range Derive(more) {
			b := before[i]
			if b.State == Met && after.State == NotMet || b.State == NotMet && after.State == Met {
				// Only what is said may stand in for what is no longer told.
				if after.State != in.Entries[b.Capability].State || rank(after.Knowledge) >= rank(Probed) {
					t.Fatalf("%s became %s", b.Line(), after.Line())
				}
			}
			if added == noCall && (after.State != b.State || after.Knowledge != b.Knowledge || after.Contradicts != b.Contradicts) {
				t.Fatalf("%s became %s because there is no call", b.Line(), after.Line())
			}
			if b.Contradicts == "" && after.Contradicts != "" {
				t.Fatalf("%s: what could not be told contradicts %s", after.Line(), after.Contradicts)
			}
			if rank(b.Knowledge) < rank(Probed) && rank(after.Knowledge) >= rank(Probed) {
				t.Fatalf("%s became known as %s", b.Line(), after.Line())
			}
		}
	})
}

func TestALinkNeverLowersTheKnowledge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput().Draw(t, "input")
		before := Derive(in)
		for id, e := range in.Entries {
			e.Evidence = append(slices.Clone(e.Evidence), Link{URL: "https://registry.example/docs", Date: "2026-10-01"})
			in.Entries[id] = e
		}
		for i, after := range Derive(in) {
			b := before[i]
			if rank(after.Knowledge) < rank(b.Knowledge) || after.State != b.State || after.Contradicts != b.Contradicts {
				t.Fatalf("%s became %s", b.Line(), after.Line())
			}
		}
	})
}

func TestNotApplicableFollowsFromTheTaxonomyAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput().Draw(t, "input")
		for i, c := range in.Catalogue.All() {
			applies, _ := in.Taxonomy.Applies(c.AppliesWhen)
			if s := Derive(in)[i]; (s.State == NotApplicable) == applies {
				t.Fatalf("%s, and it applies: %t", s.Line(), applies)
			}
		}
	})
}

func TestNobodyIsBetterThanTheySay(t *testing.T) {
	better := []State{NotMet, Partial, Met}
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput().Draw(t, "input")
		for _, s := range Derive(in) {
			said := slices.Index(better, in.Entries[s.Capability].State)
			if said < 0 || s.State == NotApplicable {
				continue
			}
			if slices.Index(better, s.State) > said && s.Contradicts == "" {
				t.Fatalf("%s, and only %s was said", s.Line(), better[said])
			}
		}
	})
}

func TestKnowledgeGoesWithTheState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput().Draw(t, "input")
		for _, s := range Derive(in) {
			if (s.Knowledge == Nothing) != (s.State == Unknown || s.State == NotApplicable) {
				t.Fatalf("%s", s.Line())
			}
			if !slices.Contains(States, s.State) {
				t.Fatalf("%q is no state", s.State)
			}
			if rank(s.Knowledge) >= rank(Probed) && len(s.Checks) == 0 {
				t.Fatalf("%s, and no check spoke", s.Line())
			}
		}
	})
}
