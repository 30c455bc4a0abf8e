package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"syscall"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang"
	"assay.invalid/internal/server/api"
)

// PublishModule implements api.Publishing.
func (c *control) PublishModule(ctx context.Context, place, name, version string, zip io.Reader, size int64) (api.Published, error) {
	adapter, ok := c.house.table.Place(place)
	if !ok || adapter.Ecosystem() != assay.Golang {
		return api.Published{}, assay.Errorf(assay.Invalid, "Go modules are not published at %q", place)
	}
	if c.house.registry == nil {
		return api.Published{}, assay.Errorf(assay.Internal, "this process has no registry to publish in")
	}
	repo, ok := c.house.registry.Place(place)
	if !ok {
		return api.Published{}, assay.Errorf(assay.Internal, "the registry does not serve the place %s", place)
	}
	return modulePublisher{repo: repo, adapter: adapter, scratch: c.house.dir.Path(), now: c.house.now}.publish(ctx, name, version, zip, size)
}

// modulePublisher publishes Go modules in one place.
type modulePublisher struct {
	repo    ecosystem.Repository
	adapter ecosystem.Adapter
	scratch string // a directory with room for a module zip
	now     func() time.Time
}

// publish takes one version. What can be refused without the zip is refused
// before it is read.
func (m modulePublisher) publish(ctx context.Context, name, version string, zip io.Reader, size int64) (api.Published, error) {
	publisher, ok := m.repo.(ecosystem.Publisher)
	if !ok {
		return api.Published{}, assay.Errorf(assay.Invalid, "nothing can be published at %s", m.repo.Base())
	}
	if hosting, ok := m.adapter.Format().(ecosystem.Hosting); ok {
		if err := hosting.Admissible(name, version); err != nil {
			return api.Published{}, err
		}
	}
	if asker := assay.PrincipalOf(ctx); !asker.MayPublish(assay.Golang, name) {
		return api.Published{}, assay.Errorf(assay.Forbidden,
			"%s may not be published with this token: make one with 'assay token create --publish pkg:golang/%[1]s'", name)
	}
	spooled, err := spool(m.scratch, zip, size)
	if err != nil {
		return api.Published{}, err
	}
	defer spooled.Close()
	upload, h1, err := golang.NewUpload(name, version, spooled, size, m.now())
	if err != nil {
		return api.Published{}, err
	}
	receipt, err := publisher.Publish(ctx, upload)
	if err != nil {
		return api.Published{}, err
	}
	return api.Published{Coordinate: receipt.Coordinate, H1: h1, LogIndex: receipt.Index, Use: m.use(receipt.Coordinate)}, nil
}

// use are the lines that use a version. A line that begins with # is for the
// person: hosted modules are read with a token, unless the operator lets
// everybody, and the go command takes tokens from ~/.netrc, under host and
// port, and sends them over https alone
// (https://go.dev/ref/mod#private-module-proxy-auth).
func (m modulePublisher) use(c assay.Coordinate) []string {
	lines := []string{"# Where reading takes a token: the go command sends one over https alone (serve with --tls-cert and --tls-key, or on loopback with --allow-anonymous-hosted-reads-on-loopback)"}
	if base, err := url.Parse(m.repo.Base()); err == nil && base.Scheme == "https" {
		lines[0] = "# Where reading takes a token, in ~/.netrc: machine " + base.Host + " login token password TOKEN"
	}
	for _, line := range setupLines(m.adapter, m.repo, m.repo.Base()) {
		lines = append(lines, line.Line)
	}
	return append(lines, "go get "+c.Short())
}

// setupLines are the lines that point the package managers at a place, for
// the operator and for publishers: unlike the adapter's own, which anybody
// may see, they name what is claimed.
func setupLines(adapter ecosystem.Adapter, repo ecosystem.Repository, base string) []ecosystem.SetupLine {
	lines := adapter.Setup(base)
	claims, ok := repo.(interface{ ClaimPatterns() []string })
	if !ok || adapter.Ecosystem() != assay.Golang {
		return lines
	}
	if line, ok := golang.SetupClaims(claims.ClaimPatterns()); ok {
		lines = append(lines, line)
	}
	return lines
}

// spool keeps an upload in a file that has no name any more: whatever
// becomes of this process, nothing of it stays in the directory.
func spool(dir string, content io.Reader, size int64) (_ *os.File, err error) {
	f, err := os.CreateTemp(dir, ".upload-*")
	if err != nil {
		return nil, spoolFailed(err)
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if err := os.Remove(f.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, spoolFailed(err)
	}
	// One byte more than announced is enough to know that it is too long.
	n, err := io.Copy(f, io.LimitReader(content, size+1))
	if said := (*assay.Error)(nil); errors.As(err, &said) {
		return nil, said
	}
	switch {
	case err != nil:
		return nil, spoolFailed(err)
	case n != size:
		return nil, assay.Errorf(assay.Invalid, "the upload is not of the %d bytes that it was said to have", size)
	}
	return f, nil
}

func spoolFailed(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return assay.Wrap(assay.Exhausted, err, "there is no room left in the data directory for the upload: free some, then publish again")
	}
	return assay.Wrap(assay.Internal, err, "the upload cannot be kept while it is checked")
}
