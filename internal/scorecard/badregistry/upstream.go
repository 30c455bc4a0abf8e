package badregistry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// mirrorsEach is at how many addresses an upstream answers.
const mirrorsEach = 2

// maxListing bounds what an upstream may answer.
const maxListing = 64 << 20

// upstream is a repository that the registry pulls through from: one content,
// served at two addresses that can be stopped one by one.
type upstream struct {
	ecosystem assay.Ecosystem
	mirrors   []*httptest.Server
	client    *http.Client

	mu      sync.Mutex
	offered map[string][]*release
	stopped []bool
	asked   []string
}

func newUpstream(e assay.Ecosystem) *upstream {
	u := &upstream{ecosystem: e, offered: map[string][]*release{}, stopped: make([]bool, mirrorsEach),
		client: &http.Client{Transport: &http.Transport{}, Timeout: 5 * time.Second}}
	for i := range mirrorsEach {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { u.serve(i, w, req) }))
		server.Config.ErrorLog = silent()
		server.Start()
		u.mirrors = append(u.mirrors, server)
	}
	return u
}

func (u *upstream) close() {
	for _, m := range u.mirrors {
		m.Close()
	}
	u.client.CloseIdleConnections()
}

// serve answers ?name= with the versions of a package. A mirror that is
// stopped drops the connection.
func (u *upstream) serve(i int, w http.ResponseWriter, req *http.Request) {
	name := req.URL.Query().Get("name")
	u.mu.Lock()
	stopped := u.stopped[i]
	offered := slices.Clone(u.offered[name])
	if !stopped {
		u.asked = append(u.asked, name)
	}
	u.mu.Unlock()
	if stopped {
		panic(http.ErrAbortHandler)
	}
	asJSON(http.StatusOK, offered).write(w)
}

// ask fetches the versions of a package from the first mirror that answers.
func (u *upstream) ask(ctx context.Context, name string, first bool) ([]*release, error) {
	var last error
	for i, m := range u.mirrors {
		if first && i > 0 {
			break
		}
		versions, err := u.askAt(ctx, m.URL, name)
		if err == nil {
			return versions, nil
		}
		last = err
	}
	return nil, &refusal{status: http.StatusBadGateway, text: fmt.Sprintf("the upstream does not answer: %v", last)}
}

func (u *upstream) askAt(ctx context.Context, mirror, name string) ([]*release, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, mirror, nil)
	if err != nil {
		return nil, err
	}
	query := req.URL.Query()
	query.Set("name", name)
	req.URL.RawQuery = query.Encode()
	resp, err := u.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var versions []*release
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxListing)).Decode(&versions); err != nil {
		return nil, err
	}
	for _, v := range versions {
		v.upstream = true
	}
	return versions, nil
}

// Offer implements scorecard.Upstream.
func (u *upstream) Offer(r scorecard.Release, published time.Time) error {
	v, err := newRelease(u.ecosystem, r, published)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.offered[r.Name] = append(slices.DeleteFunc(u.offered[r.Name], func(o *release) bool { return o.Number == v.Number }), v)
	return nil
}

// Withdraw implements scorecard.Upstream.
func (u *upstream) Withdraw(name, version string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.offered[name] = slices.DeleteFunc(u.offered[name], func(o *release) bool { return o.Number == version })
}

// Mirrors implements scorecard.Upstream.
func (u *upstream) Mirrors() int { return len(u.mirrors) }

// Stop implements scorecard.Upstream.
func (u *upstream) Stop(i int) { u.turn(i, true) }

// Start implements scorecard.Upstream.
func (u *upstream) Start(i int) { u.turn(i, false) }

func (u *upstream) turn(i int, off bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if i >= 0 && i < len(u.stopped) {
		u.stopped[i] = off
	}
}

// Asked implements scorecard.Upstream.
func (u *upstream) Asked() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.asked)
}
