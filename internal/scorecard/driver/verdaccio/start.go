package verdaccio

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"os"
	"path/filepath"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/upstream"
	"assay.invalid/internal/scorecard/protocol/npm"
	"assay.invalid/internal/scorecard/visit"
)

// Start starts an instance. Close ends it and removes all that it wrote but
// the cache.
func Start(ctx context.Context, m driver.Machine, o driver.Options) (scorecard.Instance, error) {
	o = o.Filled()
	if !o.Wants(assay.NPM) {
		return nil, assay.Errorf(assay.Invalid, "Verdaccio speaks %s alone, and that was not asked for", assay.NPM)
	}
	i := &instance{machine: m, options: o}
	if err := i.start(ctx); err != nil {
		// What was started so far goes, also when the context has ended.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.Limits.Stop)
		defer cancel()
		if closed := i.Close(closing); closed != nil {
			o.Log(closed.Error())
		}
		return nil, err
	}
	return i, nil
}

func (i *instance) start(ctx context.Context) error {
	program, err := install(ctx, i.machine, i.options)
	if err != nil {
		return err
	}
	if i.upstream, err = upstream.Start(ctx, npm.New(), 1); err != nil {
		return err
	}
	if err := i.upstream.Stock(); err != nil {
		return err
	}
	if i.folder, err = i.machine.Folder(); err != nil {
		return err
	}
	i.options.Log("starting Verdaccio " + Version)
	if err := i.serve(ctx, program); err != nil {
		return err
	}
	i.visitor = visit.New(visit.Config{Subject: []string{i.base}, Acting: true})
	return i.signUp(ctx)
}

// ports is how often another port is tried where one was taken meanwhile.
const ports = 3

func (i *instance) serve(ctx context.Context, program string) error {
	standard, err := os.ReadFile(filepath.Join(program, "node_modules", "@verdaccio", "config", "build", "conf", "default.yaml"))
	if err != nil {
		return assay.Wrap(assay.Unsound, err, "Verdaccio's default configuration is not where it was: remove %s, so that it is installed again", program)
	}
	for try := 1; ; try++ {
		address, err := driver.FreeAddress(ctx)
		if err != nil {
			return err
		}
		i.base = "http://" + address + "/"
		text, err := configure(standard, settings{
			listen: address, storage: filepath.Join(i.folder, "storage"), uplink: i.upstream.Addresses()[0],
		})
		if err != nil {
			return err
		}
		config := filepath.Join(i.folder, "config.yaml")
		if err := os.WriteFile(config, text, 0o600); err != nil {
			return assay.Wrap(assay.Unavailable, err, "the temporary folder cannot be written to")
		}
		i.process, err = i.machine.Start(ctx, driver.Command{
			Path: "node", Args: []string{filepath.Join(program, "node_modules", "verdaccio", "bin", "verdaccio"), "--config", config},
			Env: []string{"HOME=" + i.folder}, Bare: true, Dir: i.folder,
		})
		if err != nil {
			return err
		}
		err = driver.Await(ctx, i.process, i.base+"-/ping", i.options.Limits.Ready)
		if err == nil {
			return nil
		}
		stopped := i.process.Stop(ctx)
		taken := strings.Contains(i.process.Output(), "EADDRINUSE")
		if try == ports || !taken || stopped != nil {
			return err // and Close sees to what is left
		}
	}
}

// signUp makes the two parties, as anybody may by default.
func (i *instance) signUp(ctx context.Context) error {
	acts := npm.New().Open(i.base, i.visitor.Record())
	for _, p := range []struct {
		who string
		to  *scorecard.Credential
	}{{"publisher", &i.publisher}, {"stranger", &i.stranger}} {
		password, err := secret()
		if err != nil {
			return err
		}
		c, answer := acts.SignUp(ctx, scorecard.Person{Name: "trial-" + p.who, Password: password, Mail: p.who + "@mail.example"})
		if answer.Verdict != scorecard.Accepted || c.Secret == "" {
			return assay.Errorf(assay.Unavailable, "the %s could not sign up at Verdaccio: %s", p.who, answer)
		}
		*p.to = scorecard.Credential{Who: p.who, Secret: c.Secret}
		i.secrets = append(i.secrets, password, c.Secret)
	}
	return nil
}

// secret is a password that nobody guesses.
func secret() (string, error) {
	b := make([]byte, 20)
	if _, err := rand.Read(b); err != nil {
		return "", assay.Wrap(assay.Unavailable, err, "there are no random bytes for a password")
	}
	return "Trial-" + base32.StdEncoding.EncodeToString(b), nil
}
