package verdaccio

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/upstream"
	"assay.invalid/internal/scorecard/run"
	"assay.invalid/internal/scorecard/visit"
)

// instance is a Verdaccio that runs.
type instance struct {
	scorecard.NoActs

	machine  driver.Machine
	options  driver.Options
	folder   string
	base     string // ends in a slash
	process  driver.Process
	visitor  *visit.Visitor
	upstream *upstream.Repository

	publisher, stranger scorecard.Credential
	secrets             []string
}

var (
	_ scorecard.Instance = (*instance)(nil)
	_ driver.Paced       = (*instance)(nil)
)

// Pace implements driver.Paced. Verdaccio hashes a password anew for every
// request that carries a credential, one request after the other: many at
// once would only wait for each other until their time is up.
func (i *instance) Pace() run.Limits {
	l := run.Safe()
	l.Parallel, l.Check, l.CleanUp = 2, time.Minute, 20*time.Second
	return l
}

// Subject implements scorecard.Instance.
func (i *instance) Subject() scorecard.Subject {
	return scorecard.Subject{
		Name: "Verdaccio", Addresses: map[assay.Ecosystem]string{assay.NPM: i.base}, Software: "Verdaccio", Version: Version,
	}
}

// only is a credential where npm is meant, and none elsewhere.
func only(e assay.Ecosystem, c scorecard.Credential) scorecard.Credential {
	if e != assay.NPM {
		return scorecard.Credential{}
	}
	return c
}

// Publisher implements scorecard.Instance.
func (i *instance) Publisher(e assay.Ecosystem) scorecard.Credential { return only(e, i.publisher) }

// Stranger implements scorecard.Instance.
func (i *instance) Stranger(e assay.Ecosystem) scorecard.Credential { return only(e, i.stranger) }

// Under implements scorecard.Instance: everybody may publish anywhere.
func (i *instance) Under(assay.Ecosystem) string { return "" }

// UnderStranger implements scorecard.Instance.
func (i *instance) UnderStranger(assay.Ecosystem) string { return "" }

// Upstream implements scorecard.Instance.
func (i *instance) Upstream(e assay.Ecosystem) scorecard.Upstream {
	if e != assay.NPM {
		return nil
	}
	return i.upstream
}

// Identity implements scorecard.Instance.
func (i *instance) Identity(assay.Ecosystem, string) (string, bool) { return "", false }

// Mail implements scorecard.Instance.
func (i *instance) Mail() scorecard.Mailbox { return nil }

// For implements scorecard.Instance: there is nothing to ask that npm's
// protocol has no call for.
func (i *instance) For(assay.Ecosystem, scorecard.Visitor) scorecard.Acts { return scorecard.NoActs{} }

// Secrets implements scorecard.Instance.
func (i *instance) Secrets() []string { return slices.Clone(i.secrets) }

// Close implements scorecard.Instance. A second call does nothing.
func (i *instance) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, i.options.Limits.Stop)
	defer cancel()
	var err error
	if i.process != nil {
		err = i.process.Stop(ctx)
	}
	if i.upstream != nil {
		i.upstream.Close()
	}
	if i.visitor != nil {
		i.visitor.Close()
	}
	if i.folder != "" {
		if removed := os.RemoveAll(i.folder); removed != nil {
			err = errors.Join(err, assay.Wrap(assay.Unavailable, removed, "the temporary folder %s could not be removed: remove it by hand", i.folder))
		}
	}
	return err
}
