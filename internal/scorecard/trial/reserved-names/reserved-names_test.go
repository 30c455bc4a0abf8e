package reservednames

import (
	"slices"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	taken := func(name string) served.Attempt {
		return served.Attempt{Name: name, Claim: scorecard.NoCall, Publish: trialtest.Accepted, Served: true}
	}
	refused := func(name string) served.Attempt {
		return served.Attempt{Name: name, Claim: scorecard.NoCall, Publish: trialtest.Refused("reserved")}
	}
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("all refused", Seen{taken("quiet"), []served.Attempt{refused("fs"), refused("http")}}, scorecard.Holds, "fs and http"),
		servedtest.Saw("one refused at the claim", Seen{taken("quiet"), []served.Attempt{{Name: "fs", Claim: scorecard.Refused}}}, scorecard.Holds, "All 1"),
		servedtest.Saw("some refused", Seen{taken("quiet"), []served.Attempt{refused("fs"), taken("http")}}, scorecard.Partly, "accepted were http"),
		servedtest.Saw("none refused", Seen{taken("quiet"), []served.Attempt{taken("fs")}}, scorecard.Fails, "fs"),
		servedtest.Saw("accepted, and never served", Seen{taken("quiet"), []served.Attempt{{Name: "fs", Publish: trialtest.Accepted}}}, scorecard.Fails, "fs"),
		servedtest.Saw("no name may be taken", Seen{refused("quiet"), []served.Attempt{refused("fs")}}, scorecard.CouldNotTell, "at all"),
		servedtest.Saw("nothing was tried", Seen{Unlike: taken("quiet")}, scorecard.CouldNotTell, "at all"),
		servedtest.Saw("one has no answer", Seen{taken("quiet"), []served.Attempt{{Name: "fs", Publish: trialtest.Unclear}}}, scorecard.CouldNotTell, "fs"),
	})
}

// all are the names that are tried, of all ecosystems.
func all() []string {
	var out []string
	for _, e := range Check().Definition().Protocols {
		out = append(out, names(e)...)
	}
	return out
}

func TestCollect(t *testing.T) {
	reserving := func(reserved ...string) func(*servedtest.Registry) scorecard.Acts {
		return func(g *servedtest.Registry) scorecard.Acts {
			g.Refuses = func(_ scorecard.Credential, r scorecard.Release) string {
				if slices.Contains(reserved, r.Name) {
					return "reserved"
				}
				return ""
			}
			return g
		}
	}
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Acts: reserving(all()...), Want: scorecard.Holds, Words: "were refused"},
		{What: "some are reserved", Acts: reserving("fs", "fmt", "os", "std", "quiet-harbour.names/maven-metadata.xml"), Want: scorecard.Partly, Words: "but accepted were "},
		{What: "nothing is reserved", Want: scorecard.Fails, Words: "were accepted"},
		{What: "nothing may be published", Want: scorecard.CouldNotTell, Words: "no new name",
			Acts: servedtest.Publishes(func(*servedtest.Registry, scorecard.Credential, scorecard.Release) scorecard.Answer {
				return trialtest.Refused("read only")
			})},
	})
}
