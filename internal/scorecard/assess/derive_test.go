package assess

import (
	"reflect"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/catalogue"
)

// The checks of these tests. Two decide, one can only show that it is not,
// and one is fatal; a second capability has a check of its own.
const (
	decides, decidesToo, minor, fatal, other = "decides", "decides-too", "minor", "fatal", "other"
)

func definitions() map[string]scorecard.Definition {
	return map[string]scorecard.Definition{
		decides:    {ID: decides, Capability: "yank", Decisive: true},
		decidesToo: {ID: decidesToo, Capability: "yank", Decisive: true},
		minor:      {ID: minor, Capability: "yank"},
		fatal:      {ID: fatal, Capability: "yank", Decisive: true, Fatal: true},
		other:      {ID: other, Capability: "mfa-totp", Decisive: true},
	}
}

func two() *catalogue.Catalogue {
	return &catalogue.Catalogue{Version: "1", Outcomes: []catalogue.Outcome{
		{Number: 1, Capabilities: []catalogue.Capability{
			{ID: "mfa-totp", AppliesWhen: catalogue.Condition{All: []catalogue.Trait{catalogue.Accounts}}},
		}},
		{Number: 2, Capabilities: []catalogue.Capability{{ID: "yank"}}},
	}}
}

// found is a finding through a protocol, "" for one of the whole instance.
func found(check string, through assay.Ecosystem, o scorecard.Outcome) scorecard.Judged {
	return scorecard.Judged{
		Evidence: scorecard.Evidence{Check: check, Version: 1, Protocol: through},
		Finding:  scorecard.Found(o, check+" "+string(o)),
	}
}

func yank(in Input) Standing {
	for _, s := range Derive(in) {
		if s.Capability == "yank" {
			return s
		}
	}
	return Standing{}
}

// Short names for the table.
const (
	npm    = assay.NPM
	golang = assay.Golang
	whole  = assay.Ecosystem("")
	holds  = scorecard.Holds
	partly = scorecard.Partly
	fails  = scorecard.Fails
	untold = scorecard.CouldNotTell
	noCall = scorecard.NotSupported
)

func TestWhatChecksFindTogether(t *testing.T) {
	type states = map[assay.Ecosystem]State
	for _, c := range []struct {
		name      string
		judged    []scorecard.Judged
		state     State
		knowledge Knowledge
		protocols states
	}{
		{"nothing was asked", nil, Unknown, Nothing, nil},
		{"a check that decides holds", []scorecard.Judged{found(decides, npm, holds)}, Met, Probed, nil},
		{"all that decide hold", []scorecard.Judged{found(decides, npm, holds), found(decidesToo, npm, holds)}, Met, Probed, nil},
		{"only a check holds that does not decide", []scorecard.Judged{found(minor, npm, holds)}, Unknown, Nothing, nil},
		{"one that decides could not tell", []scorecard.Judged{found(decides, npm, holds), found(decidesToo, npm, untold)}, Unknown, Nothing, nil},
		{"one that does not decide could not tell", []scorecard.Judged{found(decides, npm, holds), found(minor, npm, untold)}, Met, Probed, nil},
		{"one that decides has no call", []scorecard.Judged{found(decides, npm, holds), found(decidesToo, npm, noCall)}, Met, Probed, nil},
		{"nothing could be told", []scorecard.Judged{found(decides, npm, untold), found(decidesToo, npm, noCall)}, Unknown, Nothing, nil},
		{"one fails alone", []scorecard.Judged{found(decides, npm, fails)}, NotMet, Probed, nil},
		{"one fails that does not decide", []scorecard.Judged{found(minor, npm, fails)}, NotMet, Probed, nil},
		{"one fails, and another could not tell", []scorecard.Judged{found(decides, npm, fails), found(decidesToo, npm, untold)}, NotMet, Probed, nil},
		{"one fails, and another that decides holds", []scorecard.Judged{found(decides, npm, fails), found(decidesToo, npm, holds)}, Partial, Probed, nil},
		{"one fails, and only what does not decide holds", []scorecard.Judged{found(decides, npm, fails), found(minor, npm, holds)}, NotMet, Probed, nil},
		{"one that does not decide fails, and one that does holds", []scorecard.Judged{found(minor, npm, fails), found(decides, npm, holds)}, Partial, Probed, nil},
		{"one holds partly", []scorecard.Judged{found(decides, npm, partly)}, Partial, Probed, nil},
		{"one holds partly and another fails", []scorecard.Judged{found(decides, npm, partly), found(decidesToo, npm, fails)}, Partial, Probed, nil},
		{"one holds partly and another could not tell", []scorecard.Judged{found(decides, npm, partly), found(decidesToo, npm, untold)}, Partial, Probed, nil},
		{"a fatal one fails whatever else holds", []scorecard.Judged{found(fatal, npm, fails), found(decides, npm, holds), found(decidesToo, npm, partly)}, NotMet, Probed, nil},
		{"a fatal one could not tell", []scorecard.Judged{found(fatal, npm, untold), found(decides, npm, holds)}, Unknown, Nothing, nil},
		{"met through both protocols", []scorecard.Judged{found(decides, npm, holds), found(decides, golang, holds)}, Met, Probed, nil},
		{"not met through either", []scorecard.Judged{found(decides, npm, fails), found(decides, golang, fails)}, NotMet, Probed, nil},
		{"met through one and not the other", []scorecard.Judged{found(decides, npm, holds), found(decides, golang, fails)}, Partial, Probed, states{npm: Met, golang: NotMet}},
		{"met through one and partial through the other", []scorecard.Judged{found(decides, npm, holds), found(decides, golang, partly)}, Partial, Probed, states{npm: Met, golang: Partial}},
		{"partial through one and not met through the other", []scorecard.Judged{found(decides, npm, partly), found(decides, golang, fails)}, Partial, Probed, states{npm: Partial, golang: NotMet}},
		{"met through one and not told through the other", []scorecard.Judged{found(decides, npm, holds), found(decides, golang, untold)}, Unknown, Nothing, states{npm: Met, golang: Unknown}},
		{"partial through one and not told through the other", []scorecard.Judged{found(decides, npm, partly), found(decides, golang, untold)}, Partial, Probed, states{npm: Partial, golang: Unknown}},
		{"not met through one and not told through the other", []scorecard.Judged{found(decides, npm, fails), found(decides, golang, untold)}, NotMet, Probed, states{npm: NotMet, golang: Unknown}},
		{"met through one, and the other has no call", []scorecard.Judged{found(decides, npm, holds), found(decides, golang, noCall)}, Met, Probed, nil},
		{"met through one, and the other has no call for what decides", []scorecard.Judged{found(decides, npm, holds), found(decides, golang, noCall), found(minor, golang, holds)}, Met, Probed, nil},
		{"met through one, and what does not decide fails through the other", []scorecard.Judged{found(decides, npm, holds), found(minor, golang, fails)}, Partial, Probed, states{npm: Met, golang: NotMet}},
		{"a check of the whole instance holds", []scorecard.Judged{found(decides, whole, holds)}, Met, Probed, nil},
		{"one of the whole holds, and no protocol has a call", []scorecard.Judged{found(decides, whole, holds), found(decidesToo, npm, noCall)}, Met, Probed, nil},
		{"a fatal one of the whole fails for every protocol", []scorecard.Judged{found(fatal, whole, fails), found(decides, npm, holds), found(decides, golang, holds)}, NotMet, Probed, nil},
		{"one of the whole counts through each protocol", []scorecard.Judged{found(decides, whole, holds), found(decidesToo, npm, holds), found(decidesToo, golang, fails)}, Partial, Probed, states{npm: Met, golang: Partial}},
		{"a check that nobody defines", []scorecard.Judged{found("nobody's", npm, fails)}, Unknown, Nothing, nil},
		{"a check of another capability", []scorecard.Judged{found(other, npm, fails)}, Unknown, Nothing, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := yank(Input{Catalogue: two(), Definitions: definitions(), Judged: c.judged})
			if s.State != c.state || s.Knowledge != c.knowledge || !reflect.DeepEqual(s.Protocols, c.protocols) {
				t.Errorf("%s through %v, want %s (%s) through %v", s.Line(), s.Protocols, c.state, c.knowledge, c.protocols)
			}
			if s.Contradicts != "" {
				t.Errorf("it contradicts %s, and nobody said anything", s.Contradicts)
			}
		})
	}
}

func TestWhatIsSaidBesideWhatIsFound(t *testing.T) {
	link := []Link{{URL: "https://registry.example/docs", Date: "2026-10-01"}}
	holding, failing := []scorecard.Judged{found(decides, npm, holds)}, []scorecard.Judged{found(decides, npm, fails)}
	partial, silent := []scorecard.Judged{found(decides, npm, partly)}, []scorecard.Judged{found(decides, npm, untold)}
	for _, c := range []struct {
		name        string
		entry       Entry
		judged      []scorecard.Judged
		state       State
		knowledge   Knowledge
		contradicts State
	}{
		{"said to be met, nothing asked", Entry{State: Met}, nil, Met, Stated, ""},
		{"said to be met, with a document", Entry{State: Met, Evidence: link}, nil, Met, Documented, ""},
		{"said to be met, and nothing could be told", Entry{State: Met, Evidence: link}, silent, Met, Documented, ""},
		{"said to be met, and it holds", Entry{State: Met}, holding, Met, Probed, ""},
		{"said to be met, and it fails", Entry{State: Met, Evidence: link}, failing, NotMet, Probed, Met},
		{"said to be met, and it holds partly", Entry{State: Met}, partial, Partial, Probed, Met},
		{"said to be met, and one protocol could not tell", Entry{State: Met}, []scorecard.Judged{found(decides, npm, holds), found(decides, golang, untold)}, Met, Stated, ""},
		{"said to be partial, and it holds", Entry{State: Partial}, holding, Partial, Probed, ""},
		{"said to be partial, and it holds partly", Entry{State: Partial}, partial, Partial, Probed, ""},
		{"said to be partial, and it fails", Entry{State: Partial}, failing, NotMet, Probed, Partial},
		{"planned, nothing asked", Entry{State: Planned}, nil, Planned, Stated, ""},
		{"planned, and it fails", Entry{State: Planned}, failing, Planned, Probed, ""},
		{"planned, and part of it is there", Entry{State: Planned}, partial, Partial, Probed, ""},
		{"planned, and it holds", Entry{State: Planned}, holding, Met, Probed, Planned},
		{"said not to be met, and it fails", Entry{State: NotMet}, failing, NotMet, Probed, ""},
		{"said not to be met, and it holds", Entry{State: NotMet}, holding, Met, Probed, NotMet},
		{"said to be unknown, nothing asked", Entry{State: Unknown, Evidence: link}, nil, Unknown, Nothing, ""},
		{"said to be unknown, and it holds", Entry{State: Unknown}, holding, Met, Probed, ""},
		{"called not applicable though it applies", Entry{State: NotApplicable}, nil, Unknown, Nothing, ""},
		{"called not applicable though it applies, and it fails", Entry{State: NotApplicable}, failing, NotMet, Probed, NotApplicable},
		{"an entry without a state", Entry{}, nil, Unknown, Nothing, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.entry.Note, c.entry.Plan = "a note", &Plan{By: "2027-01-01"}
			s := yank(Input{Catalogue: two(), Definitions: definitions(), Judged: c.judged, Entries: map[string]Entry{"yank": c.entry}})
			if s.State != c.state || s.Knowledge != c.knowledge || s.Contradicts != c.contradicts {
				t.Errorf("%s contradicting %q, want %s (%s) contradicting %q", s.Line(), s.Contradicts, c.state, c.knowledge, c.contradicts)
			}
			if s.Note != "a note" || s.Plan != c.entry.Plan || !reflect.DeepEqual(s.Evidence, c.entry.Evidence) {
				t.Errorf("what was said is not carried along: %+v", s)
			}
		})
	}
}

func TestWhatDoesNotApply(t *testing.T) {
	for _, c := range []struct {
		name     string
		taxonomy Taxonomy
		state    State
	}{
		{"by the taxonomy", Taxonomy{catalogue.Accounts: false}, NotApplicable},
		{"not known", nil, NotMet},
		{"it applies", Taxonomy{catalogue.Accounts: true}, NotMet},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Derive(Input{Catalogue: two(), Definitions: definitions(), Taxonomy: c.taxonomy,
				Entries: map[string]Entry{"mfa-totp": {State: NotMet}}, Judged: []scorecard.Judged{found(other, npm, fails)}})[0]
			if s.State != c.state {
				t.Errorf("%s, want %s", s.Line(), c.state)
			}
			if c.state == NotApplicable && (s.Knowledge != Nothing || s.Contradicts != "" || s.Checks != nil) {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestApplies(t *testing.T) {
	all := func(ts ...catalogue.Trait) catalogue.Condition { return catalogue.Condition{All: ts} }
	either := func(ts ...catalogue.Trait) catalogue.Condition { return catalogue.Condition{Any: ts} }
	for _, c := range []struct {
		name           string
		taxonomy       Taxonomy
		condition      catalogue.Condition
		applies, known bool
	}{
		{"asked of everyone", nil, catalogue.Condition{}, true, true},
		{"one of all is not known", Taxonomy{"accounts": true}, all("accounts", "client"), true, false},
		{"one of all is not there", Taxonomy{"client": false}, all("accounts", "client"), false, true},
		{"all are there", Taxonomy{"accounts": true, "client": true}, all("accounts", "client"), true, true},
		{"one of any is there", Taxonomy{"builds": true}, either("built", "builds"), true, true},
		{"none of any is known", nil, either("built", "builds"), true, false},
		{"one of any is not there and one not known", Taxonomy{"built": false}, either("built", "builds"), true, false},
		{"one of any is not known and one not there", Taxonomy{"builds": false}, either("built", "builds"), true, false},
		{"none of any is there", Taxonomy{"built": false, "builds": false}, either("built", "builds"), false, true},
		{"all is not known and any is there", Taxonomy{"built": true}, catalogue.Condition{All: []catalogue.Trait{"accounts"}, Any: []catalogue.Trait{"built"}}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if applies, known := c.taxonomy.Applies(c.condition); applies != c.applies || known != c.known {
				t.Errorf("applies %t, known %t; want %t, %t", applies, known, c.applies, c.known)
			}
		})
	}
}

func TestReasonsNameTheProtocolWhereThereAreTwo(t *testing.T) {
	in := Input{Catalogue: two(), Definitions: definitions(), Judged: []scorecard.Judged{
		found(minor, golang, untold), found(decides, npm, fails), found(decides, golang, holds), found(decidesToo, whole, holds)}}
	s := yank(in)
	want := Standing{Capability: "yank", State: Partial, Knowledge: Probed,
		Reasons:   []string{"golang: decides holds", "npm: decides fails", "decides-too holds"},
		Open:      []string{"golang: minor could_not_tell"},
		Checks:    []string{decides, decidesToo},
		Protocols: map[assay.Ecosystem]State{golang: Met, npm: Partial}}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("%+v\nwant %+v", s, want)
	}
	in.Judged = in.Judged[:1]
	if s := yank(in); !reflect.DeepEqual(s.Open, []string{"minor could_not_tell"}) {
		t.Errorf("%q", s.Open)
	}
}

func TestWitnessed(t *testing.T) {
	in := Input{Catalogue: two(), Definitions: definitions(), Judged: []scorecard.Judged{
		found(decides, npm, holds), found(minor, npm, holds), found(minor, golang, untold)}}
	for _, c := range []struct {
		name      string
		witnessed map[string]bool
		want      Knowledge
	}{
		{"nobody", nil, Probed},
		{"only one of the findings", map[string]bool{"decides npm": true}, Probed},
		{"every finding that counts", map[string]bool{"decides npm": true, "minor npm": true}, Witnessed},
		{"the same check through another protocol", map[string]bool{"decides golang": true, "minor npm": true}, Probed},
	} {
		t.Run(c.name, func(t *testing.T) {
			in.Witnessed = c.witnessed
			if s := yank(in); s.State != Met || s.Knowledge != c.want {
				t.Errorf("%s, want met (%s)", s.Line(), c.want)
			}
		})
	}
	in.Witnessed = map[string]bool{"decides npm": true}
	in.Judged = nil
	if s := yank(in); s.Knowledge != Nothing {
		t.Errorf("%s, with nothing found", s.Line())
	}
}

func TestOneStandingForEachCapabilityInOrder(t *testing.T) {
	var got []string
	for _, s := range Derive(Input{Catalogue: two()}) {
		got = append(got, s.Line())
	}
	if want := []string{"mfa-totp: unknown ()", "yank: unknown ()"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
