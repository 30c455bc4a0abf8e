package peer

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/upstream"
	"assay.invalid/internal/scorecard/visit"
)

// Peer is a server that was started, and all of a scorecard.Instance that is
// alike for servers of one ecosystem. A driver embeds it.
type Peer struct {
	scorecard.NoActs

	Machine   driver.Machine
	Options   driver.Options
	Ecosystem assay.Ecosystem
	// Name and Version are the software's.
	Name, Version string
	// Folder is the throw-away folder, set by Prepare.
	Folder string
	// Base is the address of the subject, ending in a slash.
	Base string
	// Repository is its upstream, nil if it has none.
	Repository *upstream.Repository
	// PublisherCredential and StrangerCredential are of two parties who may
	// both publish.
	PublisherCredential, StrangerCredential scorecard.Credential

	process driver.Process
	visitor *visit.Visitor

	mu      sync.Mutex
	secrets []string
}

// Wanted looks whether the ecosystem is wanted.
func (p *Peer) Wanted() error {
	if !p.Options.Wants(p.Ecosystem) {
		return assay.Errorf(assay.Invalid, "%s speaks %s alone, and that was not asked for", p.Name, p.Ecosystem)
	}
	return nil
}

// Prepare makes the throw-away folder.
func (p *Peer) Prepare() error {
	var err error
	p.Folder, err = p.Machine.Folder()
	return err
}

// Write writes a file that nobody else may read into the throw-away folder,
// and returns its path.
func (p *Peer) Write(name string, text []byte) (string, error) {
	path := filepath.Join(p.Folder, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return "", assay.Wrap(assay.Unavailable, err, "the temporary folder cannot be written to")
	}
	return path, nil
}

// Supply starts an upstream with a few packages on it.
func (p *Peer) Supply(ctx context.Context, protocol scorecard.Protocol, mirrors int) error {
	var err error
	if p.Repository, err = upstream.Start(ctx, protocol, mirrors); err != nil {
		return err
	}
	return p.Repository.Stock()
}

// ports is how often another port is tried where one was taken meanwhile.
const ports = 3

// Service is how a server is started.
type Service struct {
	// Ready is a path below its root that answers 200 when it is.
	Ready string
	// Taken is what it says when the port is another's.
	Taken string
	// Command is the command that listens at a host and port.
	Command func(address string) (driver.Command, error)
}

// Serve starts the server, waits until it is ready and returns its root's
// address, ending in a slash.
func (p *Peer) Serve(ctx context.Context, s Service) (string, error) {
	p.Options.Log("starting " + p.Name + " " + p.Version)
	for try := 1; ; try++ {
		address, err := driver.FreeAddress(ctx)
		if err != nil {
			return "", err
		}
		root := "http://" + address + "/"
		c, err := s.Command(address)
		if err != nil {
			return "", err
		}
		if p.process, err = p.Machine.Start(ctx, c); err != nil {
			return "", err
		}
		err = driver.Await(ctx, p.process, root+s.Ready, p.Options.Limits.Ready)
		if err == nil {
			p.visitor = visit.New(visit.Config{Subject: []string{root}, Acting: true})
			return root, nil
		}
		stopped := p.process.Stop(ctx)
		if try == ports || !strings.Contains(p.process.Output(), s.Taken) || stopped != nil {
			return "", err // and Close sees to what is left
		}
	}
}

// Visit is a visitor of the driver's own, for what has to be asked before any
// check begins. It is there once the server is.
func (p *Peer) Visit() scorecard.Visitor { return p.visitor.Record() }

// Keep remembers secrets, so that cards can be searched for them.
func (p *Peer) Keep(secrets ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secrets = append(p.secrets, secrets...)
}

// Subject implements scorecard.Instance.
func (p *Peer) Subject() scorecard.Subject {
	return scorecard.Subject{
		Name: p.Name, Addresses: map[assay.Ecosystem]string{p.Ecosystem: p.Base}, Software: p.Name, Version: p.Version,
	}
}

// only is a credential where the server's ecosystem is meant, and none
// elsewhere.
func (p *Peer) only(e assay.Ecosystem, c scorecard.Credential) scorecard.Credential {
	if e != p.Ecosystem {
		return scorecard.Credential{}
	}
	return c
}

// Publisher implements scorecard.Instance.
func (p *Peer) Publisher(e assay.Ecosystem) scorecard.Credential {
	return p.only(e, p.PublisherCredential)
}

// Stranger implements scorecard.Instance.
func (p *Peer) Stranger(e assay.Ecosystem) scorecard.Credential {
	return p.only(e, p.StrangerCredential)
}

// Under implements scorecard.Instance: everybody may publish anywhere.
func (p *Peer) Under(assay.Ecosystem) string { return "" }

// UnderStranger implements scorecard.Instance.
func (p *Peer) UnderStranger(assay.Ecosystem) string { return "" }

// Upstream implements scorecard.Instance.
func (p *Peer) Upstream(e assay.Ecosystem) scorecard.Upstream {
	if e != p.Ecosystem || p.Repository == nil {
		return nil
	}
	return p.Repository
}

// Identity implements scorecard.Instance.
func (p *Peer) Identity(assay.Ecosystem, string) (string, bool) { return "", false }

// Mail implements scorecard.Instance.
func (p *Peer) Mail() scorecard.Mailbox { return nil }

// For implements scorecard.Instance: a server that can be asked nothing but
// what its protocol has a call for.
func (p *Peer) For(assay.Ecosystem, scorecard.Visitor) scorecard.Acts { return scorecard.NoActs{} }

// Secrets implements scorecard.Instance.
func (p *Peer) Secrets() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.secrets)
}

// Close implements scorecard.Instance. A second call does nothing.
func (p *Peer) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.Options.Limits.Stop)
	defer cancel()
	var err error
	if p.process != nil {
		err = p.process.Stop(ctx)
	}
	if p.Repository != nil {
		p.Repository.Close()
	}
	if p.visitor != nil {
		p.visitor.Close()
	}
	if p.Folder != "" {
		if removed := os.RemoveAll(p.Folder); removed != nil {
			err = errors.Join(err, assay.Wrap(assay.Unavailable, removed, "the temporary folder %s could not be removed: remove it by hand", p.Folder))
		}
	}
	return err
}

// Abandon ends what was started so far when a start has failed, also when the
// context has ended.
func (p *Peer) Abandon(ctx context.Context) {
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.Options.Limits.Stop)
	defer cancel()
	if closed := p.Close(closing); closed != nil {
		p.Options.Log(closed.Error())
	}
}

// Password is one that nobody guesses. It has no form of its own, which a trial
// could take for the server's.
func Password() (string, error) {
	b := make([]byte, 20)
	if _, err := rand.Read(b); err != nil {
		return "", assay.Wrap(assay.Unavailable, err, "there are no random bytes for a password")
	}
	return base32.StdEncoding.EncodeToString(b), nil
}
