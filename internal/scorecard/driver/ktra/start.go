package ktra

import (
	"context"
	"os"
	"path/filepath"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/peer"
	"assay.invalid/internal/scorecard/protocol/cargo"
)

// instance is a Ktra that runs.
type instance struct {
	peer.Peer
	root string // its root's address, ending in a slash
}

var _ scorecard.Instance = (*instance)(nil)

// Start starts an instance. Close ends it and removes all that it wrote but
// the cache.
func Start(ctx context.Context, m driver.Machine, o driver.Options) (scorecard.Instance, error) {
	i := &instance{Peer: peer.Peer{Machine: m, Options: o.Filled(), Ecosystem: assay.Cargo, Name: "Ktra", Version: Version}}
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
	installing := i.Options
	installing.Limits.Install = max(installing.Limits.Install, building)
	program, err := peer.Install(ctx, i.Machine, installing, software(i.Options.Log))
	if err != nil {
		return err
	}
	if err := i.Prepare(); err != nil {
		return err
	}
	i.root, err = i.Serve(ctx, peer.Service{Ready: "dl/" + index + "/config.json", Taken: "AddrInUse", Command: func(address string) (driver.Command, error) {
		return i.command(ctx, program, address)
	}})
	if err != nil {
		return err
	}
	i.Base = i.root + "dl/" + index + "/"
	if err := i.admit(ctx); err != nil {
		return err
	}
	return i.StockHosted(ctx, cargo.New())
}

// command makes a new index for an address, and the command that serves it.
func (i *instance) command(ctx context.Context, program, address string) (driver.Command, error) {
	folder, err := os.MkdirTemp(i.Folder, "ktra-")
	if err != nil {
		return driver.Command{}, assay.Wrap(assay.Unavailable, err, "the temporary folder cannot be written to")
	}
	said, err := indexConfig("http://" + address + "/")
	if err != nil {
		return driver.Command{}, err
	}
	seed := filepath.Join(folder, "seed")
	if err := os.Mkdir(seed, 0o700); err != nil {
		return driver.Command{}, assay.Wrap(assay.Unavailable, err, "the temporary folder cannot be written to")
	}
	if err := os.WriteFile(filepath.Join(seed, "config.json"), said, 0o600); err != nil {
		return driver.Command{}, assay.Wrap(assay.Unavailable, err, "the temporary folder cannot be written to")
	}
	limited, cancel := context.WithTimeout(ctx, i.Options.Limits.Command)
	defer cancel()
	for _, args := range [][]string{
		{"init", "--quiet"},
		{"checkout", "--quiet", "-b", branch},
		{"add", "config.json"},
		{"-c", "user.name=trial", "-c", "user.email=trial@mail.example", "commit", "--quiet", "--message", "A new index"},
		{"clone", "--quiet", "--bare", ".", filepath.Join(folder, repository)},
	} {
		_, err := i.Machine.Run(limited, driver.Command{
			Path: "git", Args: args, Dir: seed, Bare: true, Env: []string{"HOME=" + i.Folder, "GIT_CONFIG_NOSYSTEM=1"},
		})
		if err != nil {
			return driver.Command{}, err
		}
	}
	text, err := configure(address, folder)
	if err != nil {
		return driver.Command{}, err
	}
	config, err := i.Write("ktra.toml", []byte(text))
	if err != nil {
		return driver.Command{}, err
	}
	return driver.Command{
		Path: binary(program), Args: []string{"--config", config}, Bare: true, Dir: folder,
		Env: []string{"HOME=" + i.Folder, "RUST_LOG=warn"},
	}, nil
}

// admit makes the two parties, as anybody may by default.
func (i *instance) admit(ctx context.Context) error {
	a := open(i.root, i.Visit())
	for _, p := range []struct {
		who string
		to  *scorecard.Credential
	}{{"publisher", &i.PublisherCredential}, {"stranger", &i.StrangerCredential}} {
		password, err := peer.Password()
		if err != nil {
			return err
		}
		c, answer := a.SignUp(ctx, scorecard.Person{Name: "trial-" + p.who, Password: password})
		if answer.Verdict != scorecard.Accepted {
			return assay.Errorf(assay.Unavailable, "the %s could not sign up at Ktra: %s", p.who, answer)
		}
		*p.to = scorecard.Credential{Who: p.who, Secret: c.Secret}
		i.Keep(password, c.Secret)
	}
	return nil
}

// For implements scorecard.Instance.
func (i *instance) For(e assay.Ecosystem, v scorecard.Visitor) scorecard.Acts {
	if e != i.Ecosystem {
		return scorecard.NoActs{}
	}
	return open(i.root, v)
}
