package badregistry

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Config says what kind of registry to start. The zero value is a good one.
type Config struct {
	// Sins are what it does wrong.
	Sins []Sin
	// TLS serves over https, with a certificate that Roots trust.
	TLS bool
	// Now is the registry's clock; time.Now if nil.
	Now func() time.Time
}

// Registry is a running package repository. It is a scorecard.Instance whose
// own acts go through a client of its own; For gives the same acts through
// somebody else's.
type Registry struct {
	scorecard.Acts

	now    func() time.Time
	sins   map[Sin]bool
	server *httptest.Server
	client *http.Client
	origin string

	keys      keys
	control   string // what the driver's calls are authorised with
	publisher map[assay.Ecosystem]string
	stranger  map[assay.Ecosystem]string
	mail      *mailbox
	upstreams map[assay.Ecosystem]*upstream
	sums      *sums
	tuf       map[string][]byte
	card      []byte

	// mu guards all below. What is asked is answered under it, whole.
	mu       sync.Mutex
	packages map[assay.Ecosystem]map[string]*pack
	people   map[string]*person
	tokens   map[string]*token
	guesses  guesses
	claims   []string
	blocks   []block
	fixes    map[string]bool
	acted    []string
	events   []event
	journal  journal
	secrets  []string
	// halves are releases of Maven of which the jar came and the POM did not,
	// by name and version.
	halves map[string]*upload
}

var _ scorecard.Instance = (*Registry)(nil)

// Start starts a registry on a free port of the loopback.
func Start(cfg Config) (*Registry, error) {
	r := &Registry{
		now: cfg.Now, sins: map[Sin]bool{}, mail: newMailbox(),
		publisher: map[assay.Ecosystem]string{}, stranger: map[assay.Ecosystem]string{},
		packages: map[assay.Ecosystem]map[string]*pack{}, upstreams: map[assay.Ecosystem]*upstream{}, halves: map[string]*upload{},
		people: map[string]*person{}, tokens: map[string]*token{}, guesses: newGuesses(),
		fixes: map[string]bool{},
	}
	if r.now == nil {
		r.now = time.Now
	}
	known := Sins()
	for _, sin := range cfg.Sins {
		if !slices.ContainsFunc(known, func(d Description) bool { return d.Sin == sin }) {
			return nil, assay.Errorf(assay.Invalid, "%q is no sin that this registry can commit; badregistry.Sins lists them", sin)
		}
		r.sins[sin] = true
	}
	var err error
	if r.keys, err = newKeys(); err != nil {
		return nil, fmt.Errorf("making the registry's keys: %w", err)
	}
	for _, w := range worlds() {
		r.packages[w.ecosystem], r.upstreams[w.ecosystem] = map[string]*pack{}, newUpstream(w.ecosystem)
	}
	r.serve(cfg.TLS)
	if err := r.furnish(); err != nil {
		_ = r.Close(context.Background()) // the first error says more
		return nil, fmt.Errorf("furnishing the registry: %w", err)
	}
	return r, nil
}

// serve opens the door. Requests wait until the lock is given up.
func (r *Registry) serve(secure bool) {
	r.server = httptest.NewUnstartedServer(r)
	r.server.Config.ErrorLog = silent()
	if secure {
		r.server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		if r.sins[OldTLS] {
			r.server.TLS.MinVersion = tls.VersionTLS10
		}
		r.server.StartTLS()
	} else {
		r.server.Start()
	}
	r.origin = r.server.URL
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: r.Roots(), MinVersion: tls.VersionTLS12}}
	r.client = &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

// furnish fills the registry with parties, samples and documents.
func (r *Registry) furnish() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.control = r.secret()
	r.parties()
	var err error
	if r.sums, err = newSums(r); err != nil {
		return fmt.Errorf("making the checksum database: %w", err)
	}
	if err := r.samples(); err != nil {
		return err
	}
	if r.tuf, err = r.signTUF(); err != nil {
		return fmt.Errorf("signing the TUF metadata: %w", err)
	}
	if r.card, err = r.signCard(); err != nil {
		return fmt.Errorf("signing the card: %w", err)
	}
	r.Acts = r.acts("", ownVisitor{r.client})
	return nil
}

// Close ends the registry and its upstreams, and waits for their goroutines.
func (r *Registry) Close(context.Context) error {
	r.server.Close()
	r.client.CloseIdleConnections()
	for _, u := range r.upstreams {
		u.close()
	}
	return nil
}

// Roots trust the registry's certificate; nil without TLS.
func (r *Registry) Roots() *x509.CertPool {
	if r.server.Certificate() == nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AddCert(r.server.Certificate())
	return pool
}

// Subject is what the registry says of itself.
func (r *Registry) Subject() scorecard.Subject {
	addresses := map[assay.Ecosystem]string{}
	for _, w := range worlds() {
		addresses[w.ecosystem] = r.origin + w.at
	}
	return scorecard.Subject{
		Name: "good registry", Software: "badregistry", Version: "1.0.0",
		Addresses: addresses,
		Pages: map[string]string{
			"package":    r.origin + "/package/{name}",
			"releases":   r.origin + "/releases",
			"advisories": r.origin + "/log/advisories",
			"events":     r.origin + "/events",
			"log":        r.origin + "/log",
			"root":       r.origin + "/tuf/root.json",
			"assessment": r.origin + "/scorecard/assessment.yaml",
			"card":       r.origin + "/scorecard/card.json",
		},
	}
}

// Publisher may publish in the first namespace.
func (r *Registry) Publisher(e assay.Ecosystem) scorecard.Credential {
	return scorecard.Credential{Who: "publisher", Secret: r.publisher[e]}
}

// Stranger may publish in the second.
func (r *Registry) Stranger(e assay.Ecosystem) scorecard.Credential {
	return scorecard.Credential{Who: "stranger", Secret: r.stranger[e]}
}

// Under is the first namespace.
func (r *Registry) Under(e assay.Ecosystem) string { return worldOf(e).first + "*" }

// UnderStranger is the second.
func (r *Registry) UnderStranger(e assay.Ecosystem) string { return worldOf(e).second + "*" }

// Upstream is where versions are offered to the registry.
func (r *Registry) Upstream(e assay.Ecosystem) scorecard.Upstream {
	if u, ok := r.upstreams[e]; ok {
		return u
	}
	return nil
}

// Mail is where the registry's mail arrives.
func (r *Registry) Mail() scorecard.Mailbox { return r.mail }

// Identity is an identity token of the issuer that the registry trusts.
func (r *Registry) Identity(e assay.Ecosystem, name string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	identity, err := r.keys.identity(e, name, r.now())
	if err != nil {
		return "", false
	}
	r.secrets = append(r.secrets, identity)
	return identity, true
}

// For is the same registry, asked through v.
func (r *Registry) For(e assay.Ecosystem, v scorecard.Visitor) scorecard.Acts { return r.acts(e, v) }

// Secrets are all credentials that the registry gave out.
func (r *Registry) Secrets() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.secrets)
}

// maxBody bounds what a client may send.
const maxBody = 32 << 20

// silent drops the servers' own complaints about connections, which trials
// break on purpose.
func silent() *log.Logger { return log.New(io.Discard, "", 0) }

// ServeHTTP leads to the rooms by the first part of the path. The escaped
// path counts: npm writes the slash of a scope as %2f.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.TLS != nil && !r.sins[NoHSTS] {
		w.Header().Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
	// The body is read before the lock is taken: a slow sender must not hold
	// everybody up.
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		asText(http.StatusBadRequest, "the body did not come whole, or is too large\n").write(w)
		return
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	path := req.URL.EscapedPath()
	for _, room := range []struct {
		at     string
		answer func(*http.Request, string) answer
	}{
		{"/npm/", r.npm}, {"/go/", r.golang}, {"/pypi/", r.pypi}, {"/cargo/", r.cargo}, {"/maven/", r.maven},
		{"/-/trial/", r.controlled}, {"/", r.page},
	} {
		if rest, ok := strings.CutPrefix(path, room.at); ok {
			room.answer(req, rest).write(w)
			return
		}
	}
	asText(http.StatusNotFound, "nothing here\n").write(w)
}
