package endtoend_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the invariants are read from the database itself

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

// killRounds is how often the loop kills in an ordinary run of the tests;
// ASSAY_KILL_ROUNDS asks for more.
const killRounds = 40

// TestKillLoop kills the server at any moment of pulling packages through,
// and checks what it left: before the next start that rows refer to bytes
// which are right, after it that nothing unfinished is visible and that every
// file comes right.
func TestKillLoop(t *testing.T) {
	rounds := killRounds
	if s := os.Getenv("ASSAY_KILL_ROUNDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("ASSAY_KILL_ROUNDS is %q, want a number of rounds", s)
		}
		rounds = n
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("the moments are drawn from seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	a := newAssay(t)
	a.start() // adopts the upstreams, once
	a.stop()
	var published []target
	var whole, cut atomic.Int64
	for round := range rounds {
		fresh := publishTargets(t, a, round)
		a.start("--no-adopt")
		checkAtRest(t, a)
		if round > 0 {
			checkServed(t, a, published[len(published)-len(fresh):]) // what the last kill interrupted
		}
		published = append(published, fresh...)

		ctx, cancel := context.WithCancel(t.Context())
		var pulling sync.WaitGroup
		for _, f := range fresh {
			pulling.Go(func() {
				// Whatever comes whole must be right, at any moment.
				status, body, err := fetch(ctx, a.base+f.path)
				switch {
				case err != nil:
					cut.Add(1)
				case status == 200 && bytes.Equal(body, f.content):
					whole.Add(1)
				default:
					t.Errorf("round %d: %s answered %d and came whole and wrong", round, f.path, status)
				}
			})
		}
		if round%4 == 3 { // a change of policy among it
			pulling.Go(func() {
				_ = a.command("block", fmt.Sprintf("pkg:npm/never-%d", round), "--reason", "the kill loop")
			})
		}
		// Early moments are the likelier ones: that is when things happen.
		time.Sleep(time.Duration(random.ExpFloat64() * float64(120*time.Millisecond)))
		a.kill()
		cancel()
		pulling.Wait()
		checkOnDisk(t, a, round)
		if t.Failed() {
			t.Fatalf("round %d left a broken state", round)
		}
	}
	a.start("--no-adopt")
	checkAtRest(t, a)
	checkServed(t, a, published)
	t.Logf("%d downloads ended before a kill, %d were cut by one", whole.Load(), cut.Load())
	if rounds >= killRounds && (whole.Load() == 0 || cut.Load() == 0) {
		t.Error("every kill came too early or too late to mean anything")
	}
}

// target is a file that the loop pulls through.
type target struct {
	path    string
	content []byte
}

// publishTargets makes new packages, because what was listed before has to
// wait; some files are longer than what is held back.
func publishTargets(t *testing.T, a *assay, round int) []target {
	t.Helper()
	when := time.Now().Add(-long)
	var targets []target
	for i := range 4 {
		name := fmt.Sprintf("kettle-%d-%d", round, i)
		content := make([]byte, i*150_000)
		rand.NewChaCha8([32]byte{byte(round), byte(round >> 8), byte(i)}).Read(content) // never fails, never compresses
		filler := map[string]string{"filler.bin": string(content)}
		must(t, a.npm.Publish(ecosystemtest.NPMVersion{Name: name, Version: "1.0.0", Published: when, Files: filler}))
		targets = append(targets, target{"npm/" + name + "/-/" + name + "-1.0.0.tgz", a.npm.Tarball(name, "1.0.0")})
		path := "registry.example/works/" + name
		must(t, a.modules.Publish(ecosystemtest.GoVersion{Path: path, Version: "v1.0.0", Published: when, Files: filler}))
		targets = append(targets, target{"go/" + path + "/@v/v1.0.0.zip", a.modules.Zip(path, "v1.0.0")})
	}
	return targets
}

// checkServed asserts that every file comes, whole and right.
func checkServed(t *testing.T, a *assay, targets []target) {
	t.Helper()
	for _, f := range targets {
		status, body := a.get(f.path)
		if status != 200 || !bytes.Equal(body, f.content) {
			t.Errorf("after a kill %s answered %d with %d bytes, want 200 with %d", f.path, status, len(body), len(f.content))
		}
	}
}

// checkAtRest asserts that a server which has just started has no leftovers
// of the one before.
func checkAtRest(t *testing.T, a *assay) {
	t.Helper()
	for path := range blobs(t, a) {
		if !isDigest(filepath.Base(path)) {
			t.Errorf("a started server keeps the leftover %s", path)
		}
	}
}

// checkOnDisk reads the data directory as the kill left it.
func checkOnDisk(t *testing.T, a *assay, round int) {
	t.Helper()
	kept := map[string]int64{} // digest to size
	for path, size := range blobs(t, a) {
		name := filepath.Base(path)
		if !isDigest(name) {
			continue // staging, which nothing refers to: checkAtRest's business
		}
		content, err := os.ReadFile(path)
		must(t, err)
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != name {
			t.Errorf("round %d: the bytes of %s are not its digest's", round, path)
		}
		kept[name] = size
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(a.data, "assay.db"))
	must(t, err)
	defer db.Close()
	var verdict string
	must(t, db.QueryRow("PRAGMA integrity_check").Scan(&verdict))
	if verdict != "ok" {
		t.Errorf("round %d: the database says: %s", round, verdict)
	}
	for what, query := range map[string]string{
		"file":     "SELECT blob, size FROM file WHERE stored = 1",
		"document": "SELECT blob, size FROM document WHERE blob <> ''",
	} {
		rows, err := db.Query(query)
		must(t, err)
		for rows.Next() {
			var digest string
			var size int64
			must(t, rows.Scan(&digest, &size))
			got, ok := kept[strings.TrimPrefix(digest, "sha256:")]
			if !ok || got != size {
				t.Errorf("round %d: a %s refers to %s with %d bytes; there are %d (known: %v)", round, what, digest, size, got, ok)
			}
		}
		must(t, rows.Err())
		must(t, rows.Close())
	}
	// Rows and events are one transaction.
	var files, events int
	must(t, db.QueryRow("SELECT count(*) FROM file").Scan(&files))
	must(t, db.QueryRow("SELECT count(*) FROM event WHERE kind = 'stored'").Scan(&events))
	if events < files {
		t.Errorf("round %d: %d files are kept and %d events tell of them", round, files, events)
	}
}

// blobs returns every file below the blob directory with its size.
func blobs(t *testing.T, a *assay) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	err := filepath.WalkDir(filepath.Join(a.data, "blobs"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			found[path] = info.Size()
		}
		return err
	})
	must(t, err)
	return found
}

func isDigest(name string) bool {
	sum, err := hex.DecodeString(name)
	return err == nil && len(sum) == sha256.Size
}
