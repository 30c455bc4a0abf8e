package cli

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/protocol/golang"
	"assay.invalid/internal/scorecard/run"
	"assay.invalid/internal/scorecard/visit"
)

// examination is one run of checks, prepared.
type examination struct {
	subject  scorecard.Subject
	order    []assay.Ecosystem
	checks   []scorecard.Check
	packages []string
	quiet    bool
	trial    trialOptions
	// instance is set when a driver started the subject.
	instance scorecard.Instance
}

// examine runs checks against a subject. What keeps it from being run at all
// is an error; whatever the subject does is in the result.
func (p *program) examine(cmd *cobra.Command, x examination) (run.Result, error) {
	if err := x.trial.permit(cmd, x.subject, p.reach.plainHTTP); err != nil {
		return run.Result{}, err
	}
	publisher, stranger, err := x.trial.credentials(p)
	if err != nil {
		return run.Result{}, err
	}
	ctx := cmd.Context()
	v := visit.New(x.visits())
	defer v.Close()
	progress := p.scoreProgress(x.quiet)
	cfg := run.Config{
		Subject: x.subject, Protocols: scoreProtocols(x.order, p.sumsOf(ctx, x)), Checks: x.checks,
		Trial: x.trial.trial, Visitor: v, Instance: x.instance, Publisher: publisher, Stranger: stranger,
		Under: x.trial.names, Packages: x.packages, Progress: progress.step, Now: p.now,
	}
	if !x.trial.trial {
		// Whoever only reads waits at a terminal: a server that drips must
		// not keep them there.
		cfg.Limits = run.Safe()
		cfg.Limits.Whole, cfg.Limits.Check = passiveTime, passiveTime-time.Second
	}
	if paced, ok := x.instance.(driver.Paced); ok {
		cfg.Limits = paced.Pace()
	}
	if x.trial.trial && x.instance == nil {
		p.announce(cfg)
	}
	result, err := run.Run(ctx, cfg)
	progress.end()
	if err != nil {
		return result, err
	}
	if x.instance == nil {
		for _, left := range result.Left {
			fmt.Fprintf(p.err, "Left behind: %s\n", clean(left))
		}
	}
	if ctx.Err() != nil {
		return result, assay.Errorf(assay.Canceled, "stopped before the checks were done, so there is no card; what trials made was removed, except for what is named above")
	}
	return result, nil
}

// visits says where the run may go.
func (x examination) visits() visit.Config {
	cfg := visit.Config{Acting: x.trial.trial, MayTest: x.trial.mayTest, Proxy: http.ProxyFromEnvironment, Agent: "assay-score/" + readBuild().Version}
	for _, a := range x.subject.Addresses {
		cfg.Subject = append(cfg.Subject, a)
	}
	return cfg
}

// recognised says which protocols the subject did not answer as, and whether
// it answered as any.
func (p *program) recognised(x examination, r run.Result) bool {
	found := false
	for _, e := range x.order {
		a := r.Recognised[e]
		if a.Verdict == scorecard.Accepted {
			found = true
			continue
		}
		address, why := x.subject.Addresses[e], strings.TrimSuffix(a.Reason, ".")
		switch {
		case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden:
			fmt.Fprintf(p.err, "%s asks for a log-in (status %d), so what it does as %s could not be told.\n", clean(address), a.Status, e)
		case why == "":
			fmt.Fprintf(p.err, "%s does not answer as %s (%s), so nothing could be told of it.\n", clean(address), e, clean(a.String()))
		default:
			fmt.Fprintf(p.err, "Nothing could be told of %s as %s: %s.\n", clean(address), e, clean(why))
		}
	}
	return found
}

// passiveTime bounds a run that only reads.
const passiveTime = 9 * time.Second

// sumsOf is the checksum database that modules of the subject are held
// against.
func (p *program) sumsOf(ctx context.Context, x examination) golang.Config {
	if of, ok := x.instance.(interface {
		ChecksumDatabase() (name, key string)
	}); ok {
		name, key := of.ChecksumDatabase()
		return golang.Config{SumDB: name, Key: key}
	}
	return p.checksumDatabase(ctx, x.order)
}
