package endtoend_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	vocabulary "assay.invalid/internal/assay"
	"assay.invalid/internal/auth"
	"assay.invalid/internal/blob/dir"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/ecosystemtest"
	"assay.invalid/internal/ecosystem/golang"
	"assay.invalid/internal/ecosystem/list"
	"assay.invalid/internal/registry"
	"assay.invalid/internal/rulebook"
	"assay.invalid/internal/server"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store"
	"assay.invalid/internal/store/sqlite"
	"assay.invalid/internal/upstream"
	"assay.invalid/internal/usage"
)

func TestNPMSuite(t *testing.T)       { ecosystemtest.Run(t, npmSubject()) }
func TestNPMHostedSuite(t *testing.T) { ecosystemtest.RunHosted(t, npmSubject()) }
func TestGoSuite(t *testing.T)        { ecosystemtest.Run(t, goSubject()) }
func TestGoHostedSuite(t *testing.T)  { ecosystemtest.RunHosted(t, goSubject()) }

func npmSubject() ecosystemtest.Subject {
	return ecosystemtest.Subject{
		World: func(t *testing.T) ecosystemtest.World {
			fake, err := ecosystemtest.NewNPM()
			must(t, err)
			t.Cleanup(fake.Stop)
			return ecosystemtest.NPMWorld{Fake: fake}
		},
		Place: func(t *testing.T, w ecosystemtest.World) ecosystemtest.Place { return newHouse(t, w, "npm", nil) },
	}
}

func goSubject() ecosystemtest.Subject {
	return ecosystemtest.Subject{
		World: func(t *testing.T) ecosystemtest.World {
			fake, err := ecosystemtest.NewGo()
			must(t, err)
			t.Cleanup(fake.Stop)
			return ecosystemtest.GoWorld{Fake: fake}
		},
		Place: func(t *testing.T, w ecosystemtest.World) ecosystemtest.Place {
			key := w.(ecosystemtest.GoWorld).Fake.SumDBKey
			return newHouse(t, w, "go", &golang.SumDB{Name: ecosystemtest.SumDBName, Key: key})
		},
	}
}

// clock is one that only Advance and real time move.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// newHouse builds the whole house in this process, because a clock cannot be
// moved in another, and returns one of its places.
func newHouse(t *testing.T, w ecosystemtest.World, place string, sums *golang.SumDB) ecosystemtest.Place {
	t.Helper()
	ctx, data, c := t.Context(), t.TempDir(), &clock{}
	printed := &transcript{}
	log := slog.New(slog.NewTextHandler(printed, nil))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the house logged:\n%s", printed)
		}
	})
	database, err := sqlite.Open(ctx, filepath.Join(data, "assay.db"), log)
	must(t, err)
	t.Cleanup(func() { must(t, database.Close()) })
	must(t, database.Update(ctx, func(tx store.Tx) error {
		return tx.PutOrigins(ctx, place, []store.Origin{{Registry: place, Address: w.Upstream().URL(), Source: "the suite", Set: c.now()}})
	}))
	blobs, err := dir.Open(filepath.Join(data, "blobs"), dir.Config{})
	must(t, err)
	table := list.NewTable(list.Adapters(list.Config{SumDB: sums}))
	book, err := rulebook.Open(ctx, database, table.Grammar, c.now)
	must(t, err)
	known := auth.Start(database, table.Grammar, auth.Options{Now: c.now, Log: log})
	t.Cleanup(func() { must(t, known.Close(context.Background())) })
	recorder := usage.Start(database, usage.Options{Now: c.now, Log: log})
	t.Cleanup(func() { must(t, recorder.Close(context.Background())) })
	fetching := upstream.New(upstream.Config{
		InstanceID: "the-suite", ResponseHeader: time.Second, Idle: time.Second, Total: 10 * time.Second, MaxBody: 8 << 20,
		Retries: 1, Backoff: upstream.Backoff{Base: 10 * time.Millisecond, Max: 50 * time.Millisecond},
		MaxRetryAfter: 10 * time.Millisecond, Now: c.now, Log: log,
	})
	t.Cleanup(func() { must(t, fetching.Close()) })
	limits := registry.DefaultLimits()
	limits.Document, limits.File = 4<<20, 4<<20

	listener, err := server.Listen(ctx, "127.0.0.1:0")
	must(t, err)
	base := "http://" + listener.Addr().String() + "/"
	service, err := registry.New(ctx, registry.Config{
		Store: database, Blobs: blobs, Upstream: fetching, Rules: book, Usage: recorder, Holders: known, Adapters: table.Adapters(),
		BaseURL: base, Limits: limits, Now: c.now, Log: log,
	})
	must(t, err)
	t.Cleanup(func() { must(t, service.Close()) })
	book.Connect(rulebook.Surroundings{Known: service.KnownUpstream, Hosts: service.Hosted})
	places := map[string]http.Handler{}
	for _, adapter := range table.Adapters() {
		repository, ok := service.Place(adapter.Place())
		if !ok {
			t.Fatalf("the registry has no place %s", adapter.Place())
		}
		places[adapter.Place()] = adapter.Handler(repository)
	}
	front, err := server.New(server.Config{Places: places, Control: reader{service: service, now: c.now}, Auth: known, InstanceID: "the-suite", Log: log})
	must(t, err)
	serve(t, front, listener)

	by := vocabulary.Operator
	return ecosystemtest.Place{
		Base: base + place + "/",
		Block: func(pattern, reason string) error {
			_, err := book.Block(t.Context(), by, pattern, reason, time.Time{})
			return err
		},
		Except: func(version, rule, reason string) error {
			_, err := book.Except(t.Context(), by, version, rule, reason, time.Time{})
			return err
		},
		Advance: c.advance,
		Now:     c.now,
		Claim: func(pattern string) error {
			_, err := book.Claim(t.Context(), by, pattern, false)
			return err
		},
		Token: func(publish, read []string) (string, error) {
			_, secret, err := known.Create(t.Context(), by, auth.NewToken{Publish: publish, Read: read})
			return secret, err
		},
		SetStatus: func(name, version string, status vocabulary.Status, reason string) error {
			repository, _ := service.Place(place)
			publisher, ok := repository.(ecosystem.Publisher)
			if !ok {
				return vocabulary.Errorf(vocabulary.Internal, "nothing is hosted in the place %s", place)
			}
			_, err := publisher.SetStatus(vocabulary.WithPrincipal(t.Context(), by), name, version, status, reason)
			return err
		},
		Kept: func() (string, error) { return describeKept(t.Context(), database, filepath.Join(data, "blobs")) },
	}
}

// describeKept lists the events, which every change of a package has, and
// the files below the blobs with their sizes.
func describeKept(ctx context.Context, s store.Store, blobs string) (string, error) {
	var text strings.Builder
	err := s.View(ctx, func(tx store.Tx) error {
		events, err := tx.Events(ctx, 0, 10_000)
		for _, e := range events {
			fmt.Fprintf(&text, "event %d %s %s\n", e.ID, e.Kind, e.Body)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	err = filepath.WalkDir(blobs, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			fmt.Fprintf(&text, "file %s of %d bytes\n", path, info.Size())
		}
		return err
	})
	return text.String(), err
}

// serve runs the server until the test ends, and waits for it. It is set up
// last, so that it ends first.
func serve(t *testing.T, front *server.Server, listener net.Listener) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- front.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-ended)
	})
}

// reader answers the questions that the suite asks of a control: why, and the
// publishing of modules. The rest it does not ask, and would be told by a nil
// pointer.
type reader struct {
	api.Control
	service *registry.Service
	now     func() time.Time
}

func (r reader) Why(ctx context.Context, id string) (vocabulary.Explanation, error) {
	return r.service.ExplainWhy(ctx, id)
}

func (r reader) PublishModule(ctx context.Context, place, name, version string, zip io.Reader, size int64) (api.Published, error) {
	repository, _ := r.service.Place(place)
	publisher, ok := repository.(ecosystem.Publisher)
	if !ok {
		return api.Published{}, vocabulary.Errorf(vocabulary.Invalid, "nothing is published at %q", place)
	}
	content, err := io.ReadAll(zip)
	if err != nil {
		return api.Published{}, err
	}
	upload, h1, err := golang.NewUpload(name, version, bytes.NewReader(content), size, r.now())
	if err != nil {
		return api.Published{}, err
	}
	receipt, err := publisher.Publish(ctx, upload)
	return api.Published{Coordinate: receipt.Coordinate, H1: h1, LogIndex: receipt.Index}, err
}
