package checks

import (
	"context"
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/badregistry"
	"assay.invalid/internal/scorecard/protocol/golang"
	"assay.invalid/internal/scorecard/run"
	"assay.invalid/internal/scorecard/visit"
)

// try runs checks against a registry with the given sins.
func try(t *testing.T, only func(scorecard.Definition) bool, tls bool, sins ...badregistry.Sin) run.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := badregistry.Start(badregistry.Config{Sins: sins, TLS: tls})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	name, key := r.SumDB()
	var roots *x509.CertPool
	if tls {
		roots = r.Roots()
	}
	subject := r.Subject()
	var bases []string
	for _, a := range subject.Addresses {
		bases = append(bases, a)
	}
	v := visit.New(visit.Config{Subject: bases, Acting: true, Roots: roots, Agent: "assay-score/test"})
	defer v.Close()
	var chosen []scorecard.Check
	for _, c := range Checks() {
		if only(c.Definition()) {
			chosen = append(chosen, c)
		}
	}
	result, err := run.Run(ctx, run.Config{
		Subject: subject, Protocols: Protocols(Config{Go: golang.Config{SumDB: name, Key: key}}), Checks: chosen,
		Trial: true, Visitor: v, Instance: r,
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// onlyOverTLS is the one check that plain text on loopback tells nothing of.
const onlyOverTLS = "transport-security"

// noMore are findings of the good registry that can be no better, and why.
var noMore = map[string]string{
	"not-for-production golang": "a list of Go versions has no place for the mark, so its clients cannot see it",
	"not-for-production cargo":  "a line of Cargo's index has no place for the mark, so its clients cannot see it",
	"not-for-production maven":  "Maven's metadata has no place for the mark, so its clients cannot see it",
}

func TestEveryCheckHoldsOnAGoodRegistry(t *testing.T) {
	t.Parallel()
	began := time.Now()
	result := try(t, func(d scorecard.Definition) bool { return d.ID != onlyOverTLS }, false)
	spoke := map[string]bool{}
	for _, j := range result.Judged {
		spoke[j.Evidence.Check] = true
		_, excused := noMore[assess.WitnessKey(j.Evidence)]
		if excused && j.Finding.Outcome == scorecard.Holds {
			t.Errorf("%s holds now: take it off the list", assess.WitnessKey(j.Evidence))
		}
		if !excused && j.Finding.Outcome != scorecard.Holds {
			t.Errorf("%s through %q: %s: %s", j.Evidence.Check, j.Evidence.Protocol, j.Finding.Outcome, j.Finding.Reason)
		}
	}
	for _, l := range result.Left {
		t.Errorf("left behind: %s", l)
	}
	for id := range ByID() {
		if !spoke[id] && id != onlyOverTLS {
			t.Errorf("%s did not run", id)
		}
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("a whole trial took %s", took)
	}
}

func TestTransportIsJudgedOverTLS(t *testing.T) {
	t.Parallel()
	result := try(t, func(d scorecard.Definition) bool { return d.ID == onlyOverTLS }, true)
	for _, j := range result.Judged {
		_, excused := noMore[assess.WitnessKey(j.Evidence)]
		if excused && j.Finding.Outcome == scorecard.Holds {
			t.Errorf("%s holds now: take it off the list", assess.WitnessKey(j.Evidence))
		}
		if !excused && j.Finding.Outcome != scorecard.Holds {
			t.Errorf("%s: %s", j.Finding.Outcome, j.Finding.Reason)
		}
	}
}

// Each sin makes each check fail that it is said to, through every protocol
// through which it says so; and no check is without a sin.
func TestEverySinIsFound(t *testing.T) {
	t.Parallel()
	refuted := map[string]bool{}
	for _, s := range badregistry.Sins() {
		for _, id := range s.Fails {
			refuted[id] = true
			if _, ok := ByID()[id]; !ok {
				t.Errorf("the sin %s is to fail %s, which is no check", s.Sin, id)
			}
		}
		if len(s.Fails) == 0 {
			t.Errorf("the sin %s fails no check", s.Sin)
		}
		t.Run(string(s.Sin), func(t *testing.T) {
			t.Parallel()
			overTLS := slices.Contains(s.Fails, onlyOverTLS)
			result := try(t, func(d scorecard.Definition) bool { return slices.Contains(s.Fails, d.ID) }, overTLS, s.Sin)
			found := map[string][]scorecard.Judged{}
			for _, j := range result.Judged {
				if j.Finding.Outcome == scorecard.Fails || j.Finding.Outcome == scorecard.Partly {
					found[j.Evidence.Check] = append(found[j.Evidence.Check], j)
					continue
				}
				if len(s.Only) > 0 && j.Evidence.Protocol != "" && !slices.Contains(s.Only, j.Evidence.Protocol) {
					continue // the sin is one of another protocol
				}
				t.Errorf("%s through %q did not find it: %s: %s", j.Evidence.Check, j.Evidence.Protocol, j.Finding.Outcome, j.Finding.Reason)
			}
			for _, id := range s.Fails {
				if len(found[id]) == 0 {
					t.Errorf("%s found nothing", id)
				}
			}
		})
	}
	for id := range ByID() {
		if !refuted[id] {
			t.Errorf("nothing shows %s failing: give badregistry a sin for it", id)
		}
	}
}
