package pypiserver

import (
	"context"
	"net"
	"os"
	"path/filepath"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/peer"
	"assay.invalid/internal/scorecard/protocol/pypi"
)

// Version is the pypiserver that is started.
const Version = "2.4.2"

func software() peer.Python {
	return peer.Python{Name: "pypiserver", Distribution: "pypiserver", Version: Version, Beside: []string{"passlib==1.7.4"}}
}

// instance is a pypiserver that runs.
type instance struct{ peer.Peer }

var _ scorecard.Instance = (*instance)(nil)

// Start starts an instance. Close ends it and removes all that it wrote but
// the cache.
func Start(ctx context.Context, m driver.Machine, o driver.Options) (scorecard.Instance, error) {
	i := &instance{peer.Peer{Machine: m, Options: o.Filled(), Ecosystem: assay.PyPI, Name: "pypiserver", Version: Version}}
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
	program, err := software().Install(ctx, i.Machine, i.Options)
	if err != nil {
		return err
	}
	if err := i.Prepare(); err != nil {
		return err
	}
	passwords, err := i.Passwords()
	if err != nil {
		return err
	}
	packages := filepath.Join(i.Folder, "packages")
	if err := os.Mkdir(packages, 0o700); err != nil {
		return assay.Wrap(assay.Unavailable, err, "the temporary folder cannot be written to")
	}
	i.Base, err = i.Serve(ctx, peer.Service{Ready: "health", Taken: "Address already in use", Command: func(address string) (driver.Command, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return driver.Command{}, assay.Wrap(assay.Internal, err, "%s is no host and port", address)
		}
		return peer.Python{}.Run(program, i.Folder, "-m", "pypiserver", "run", "--host", host, "--port", port,
			"--passwords", passwords, "--disable-fallback", packages), nil
	}})
	if err != nil {
		return err
	}
	return i.StockHosted(ctx, pypi.New())
}

// For implements scorecard.Instance.
func (i *instance) For(e assay.Ecosystem, v scorecard.Visitor) scorecard.Acts {
	if e != i.Ecosystem {
		return scorecard.NoActs{}
	}
	return open(i.Base, v)
}
