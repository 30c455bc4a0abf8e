package run

import (
	"context"
	"fmt"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// samplesWanted is how many packages probes look at.
const samplesWanted = 3

// meet asks the subject, through each protocol, whether it speaks it, what
// packages it has, and who may act there.
func (r *runner) meet(ctx context.Context) map[assay.Ecosystem]party {
	out := map[assay.Ecosystem]party{}
	for _, protocol := range r.cfg.Protocols {
		e := protocol.Ecosystem()
		r.say(Step{Protocol: e, Text: fmt.Sprintf("asking whether %s speaks %s", r.cfg.Subject.Addresses[e], e)})
		ctx, cancel := context.WithTimeout(ctx, r.cfg.Limits.Check)
		acts := r.acts(protocol, r.cfg.Visitor.Record())
		p := party{publisher: r.cfg.Publisher, stranger: r.cfg.Stranger, under: r.cfg.Under, elsewhere: r.cfg.Under}
		p.answer = acts.Recognise(ctx)
		r.result.Recognised[e] = p.answer
		if p.answer.Verdict == scorecard.Accepted {
			p.samples = r.samples(ctx, acts, protocol)
			if r.cfg.Trial {
				r.introduce(ctx, acts, protocol, &p)
			}
		}
		cancel()
		out[e] = p
	}
	return out
}

// samples are the packages given for this protocol, else those the subject
// names.
func (r *runner) samples(ctx context.Context, acts scorecard.Acts, p scorecard.Protocol) []string {
	if len(r.cfg.Packages) > 0 && len(r.cfg.Protocols) == 1 {
		return r.cfg.Packages
	}
	var given []string
	for _, name := range r.cfg.Packages {
		// With several protocols a name says whose it is: npm/lodash.
		if bare, ok := strings.CutPrefix(name, string(p.Ecosystem())+"/"); ok {
			given = append(given, bare)
		}
	}
	if len(given) > 0 {
		return given
	}
	names, _ := acts.Samples(ctx, samplesWanted)
	return names
}

// introduce finds credentials of two parties.
func (r *runner) introduce(ctx context.Context, acts scorecard.Acts, protocol scorecard.Protocol, p *party) {
	e := protocol.Ecosystem()
	if i := r.cfg.Instance; i != nil {
		p.publisher, p.stranger = i.Publisher(e), i.Stranger(e)
		p.under, p.elsewhere = i.Under(e), i.UnderStranger(e)
		r.keep(p.publisher.Secret)
		r.keep(p.stranger.Secret)
		return
	}
	b := &scorecard.Bench{Acts: acts, Protocol: protocol, Seed: r.seed, Keep: r.keep}
	if p.publisher.Secret == "" {
		_, p.publisher, _ = b.SignUp(ctx, "publisher")
	}
	if p.stranger.Secret == "" {
		_, p.stranger, _ = b.SignUp(ctx, "stranger")
	}
	if p.publisher.Secret != "" {
		p.publisher.Who = "publisher"
	}
	if p.stranger.Secret != "" {
		p.stranger.Who = "stranger"
	}
}

// Announcement is what a run with trials will create, and what of it cannot
// be removed, without doublets, in the order of the checks.
func Announcement(cfg Config) (creates, leaves []string) {
	r := &runner{cfg: cfg}
	together, alone := r.jobs()
	said := map[string]bool{}
	add := func(to *[]string, lines []string) {
		for _, l := range lines {
			if !said[l] {
				said[l] = true
				*to = append(*to, l)
			}
		}
	}
	for _, j := range append(together, alone...) {
		d := j.check.Definition()
		if cfg.Instance == nil && needsInstance(d) {
			continue
		}
		add(&creates, d.Creates)
		add(&leaves, d.Leaves)
	}
	return creates, leaves
}

func needsInstance(d scorecard.Definition) bool {
	for _, n := range d.Needs {
		if n == scorecard.NeedsDriver || n == scorecard.NeedsUpstream || n == scorecard.NeedsMail {
			return true
		}
	}
	return false
}
