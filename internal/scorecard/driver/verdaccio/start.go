package verdaccio

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/peer"
	"assay.invalid/internal/scorecard/protocol/npm"
	"assay.invalid/internal/scorecard/run"
)

// instance is a Verdaccio that runs.
type instance struct{ peer.Peer }

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

// Start starts an instance. Close ends it and removes all that it wrote but
// the cache.
func Start(ctx context.Context, m driver.Machine, o driver.Options) (scorecard.Instance, error) {
	i := &instance{peer.Peer{Machine: m, Options: o.Filled(), Ecosystem: assay.NPM, Name: "Verdaccio", Version: Version}}
	if err := i.start(ctx); err != nil {
		i.Abandon(ctx)
		return nil, err
	}
	return i, nil
}

func (i *instance) start(ctx context.Context) error {
	if err := i.Wanted(); err != nil {
		return err
	}
	program, err := peer.Install(ctx, i.Machine, i.Options, software())
	if err != nil {
		return err
	}
	if err := i.Prepare(); err != nil {
		return err
	}
	if err := i.Supply(ctx, npm.New(), 1); err != nil {
		return err
	}
	if err := i.serve(ctx, program); err != nil {
		return err
	}
	return i.signUp(ctx)
}

func (i *instance) serve(ctx context.Context, program string) error {
	standard, err := os.ReadFile(filepath.Join(program, "node_modules", "@verdaccio", "config", "build", "conf", "default.yaml"))
	if err != nil {
		return assay.Wrap(assay.Unsound, err, "Verdaccio's default configuration is not where it was: remove %s, so that it is installed again", program)
	}
	i.Base, err = i.Serve(ctx, peer.Service{Ready: "-/ping", Taken: "EADDRINUSE", Command: func(address string) (driver.Command, error) {
		text, err := configure(standard, settings{
			listen: address, storage: filepath.Join(i.Folder, "storage"), uplink: i.Repository.Addresses()[0],
		})
		if err != nil {
			return driver.Command{}, err
		}
		config, err := i.Write("config.yaml", text)
		if err != nil {
			return driver.Command{}, err
		}
		return driver.Command{
			Path: "node", Args: []string{filepath.Join(program, "node_modules", "verdaccio", "bin", "verdaccio"), "--config", config},
			Env: []string{"HOME=" + i.Folder}, Bare: true, Dir: i.Folder,
		}, nil
	}})
	return err
}

// signUp makes the two parties, as anybody may by default.
func (i *instance) signUp(ctx context.Context) error {
	acts := npm.New().Open(i.Base, i.Visit())
	for _, p := range []struct {
		who string
		to  *scorecard.Credential
	}{{"publisher", &i.PublisherCredential}, {"stranger", &i.StrangerCredential}} {
		password, err := peer.Password()
		if err != nil {
			return err
		}
		c, answer := acts.SignUp(ctx, scorecard.Person{Name: "trial-" + p.who, Password: password, Mail: p.who + "@mail.example"})
		if answer.Verdict != scorecard.Accepted || c.Secret == "" {
			return assay.Errorf(assay.Unavailable, "the %s could not sign up at Verdaccio: %s", p.who, answer)
		}
		*p.to = scorecard.Credential{Who: p.who, Secret: c.Secret}
		i.Keep(password, c.Secret)
	}
	return nil
}
