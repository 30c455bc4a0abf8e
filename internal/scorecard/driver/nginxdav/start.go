package nginxdav

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/peer"
	"assay.invalid/internal/scorecard/protocol/maven"
)

// instance is an nginx that runs.
type instance struct{ peer.Peer }

var _ scorecard.Instance = (*instance)(nil)

// Start starts an instance. Close ends it and removes all that it wrote.
func Start(ctx context.Context, m driver.Machine, o driver.Options) (scorecard.Instance, error) {
	i := &instance{peer.Peer{Machine: m, Options: o.Filled(), Ecosystem: assay.Maven, Name: "nginx with WebDAV"}}
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
	if err := i.Prepare(); err != nil {
		return err
	}
	passwords, err := i.Passwords()
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(i.Folder, "repository"), 0o700); err != nil {
		return assay.Wrap(assay.Unavailable, err, "the temporary folder cannot be written to")
	}
	i.Base, err = i.Serve(ctx, peer.Service{Ready: ready, Taken: "Address already in use", Command: func(address string) (driver.Command, error) {
		text, err := configure(address, i.Folder, passwords, os.Geteuid() == 0)
		if err != nil {
			return driver.Command{}, err
		}
		config, err := i.Write("nginx.conf", []byte(text))
		if err != nil {
			return driver.Command{}, err
		}
		return driver.Command{Path: program(), Args: []string{"-e", "stderr", "-p", i.Folder, "-c", config}, Bare: true, Dir: i.Folder}, nil
	}})
	if err != nil {
		return err
	}
	if err := i.ask(ctx); err != nil {
		return err
	}
	return i.StockHosted(ctx, maven.New())
}

// program is nginx on PATH, or where distributions have it, which is not on
// everybody's.
func program() string {
	const usual = "/usr/sbin/nginx"
	if _, err := os.Stat(usual); err == nil {
		return usual
	}
	return "nginx"
}

// ask finds out the version, which nginx tells with every answer.
func (i *instance) ask(ctx context.Context) error {
	res, err := i.Visit().Do(ctx, scorecard.Request{Method: http.MethodGet, URL: i.Base + ready})
	if err != nil {
		return assay.Wrap(assay.Unavailable, err, "nginx was started and does not answer")
	}
	version, ok := strings.CutPrefix(res.Header.Get("Server"), "nginx/")
	if !ok {
		return assay.Errorf(assay.Unsound, "what was started as nginx calls itself %q", scorecard.Words(res.Header.Get("Server")))
	}
	version, _, _ = strings.Cut(version, " ")
	i.Version = scorecard.Words(version)
	return nil
}

// For implements scorecard.Instance.
func (i *instance) For(e assay.Ecosystem, v scorecard.Visitor) scorecard.Acts {
	if e != i.Ecosystem {
		return scorecard.NoActs{}
	}
	return open(i.Base, v)
}
