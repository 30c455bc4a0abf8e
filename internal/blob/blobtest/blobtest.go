// Package blobtest is the suite that every blob store passes: what the
// contract in package blob says, as tests.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
)

// Run checks every promise of the contract. open returns an empty store of
// its own to each test.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, blob.Store)
	}{
		{"what was committed is read back", testCommit},
		{"nothing is there before a commit", testBeforeCommit},
		{"discarding leaves nothing", testDiscard},
		{"a staged blob is read while it is written", testReadWhileWriting},
		{"misuse of a staged blob is refused", testMisuse},
		{"what is not there is not found", testNotFound},
		{"names that are no digests are invalid", testInvalid},
		{"every reader has its own place", testReaders},
		{"committing again renews", testRenew},
		{"only old blobs are deleted", testDelete},
		{"open readers keep reading what is deleted", testDeleteOpen},
		{"a walk meets every blob", testWalk},
		{"canceled contexts", testCanceled},
		{"one blob committed by many at once", testManyCommit},
		{"a renewal never loses to a delete", testDeleteRace},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// DigestOf names the blob that content has.
func DigestOf(content []byte) assay.Digest {
	sum := sha256.Sum256(content)
	return assay.NewDigest("sha256", sum[:])
}

// Check is the invariant of every store, whatever has failed: the blobs it
// shows are whole and have the bytes that their names say. It returns their
// digests.
func Check(t *testing.T, s blob.Store) map[assay.Digest]bool {
	t.Helper()
	seen := make(map[assay.Digest]bool)
	if err := s.Walk(t.Context(), func(info blob.Info) error {
		if seen[info.Digest] {
			t.Errorf("the blob %s was met twice", info.Digest)
		}
		seen[info.Digest] = true
		content, err := content(t.Context(), s, info.Digest)
		if err != nil {
			return err
		}
		if got := DigestOf(content); got != info.Digest || int64(len(content)) != info.Size {
			t.Errorf("the blob %s of %d bytes holds %d bytes with the digest %s", info.Digest, info.Size, len(content), got)
		}
		return nil
	}); err != nil {
		t.Errorf("Walk: %v", err)
	}
	return seen
}

// Put commits content as one blob.
func Put(ctx context.Context, s blob.Store, content []byte) (info blob.Info, err error) {
	g, err := s.Stage(ctx)
	if err != nil {
		return blob.Info{}, err
	}
	defer func() { err = errors.Join(err, g.Discard()) }()
	if _, err := g.Write(content); err != nil {
		return blob.Info{}, err
	}
	return g.Commit(ctx)
}

// put commits content and must succeed.
func put(t *testing.T, s blob.Store, content string) blob.Info {
	t.Helper()
	info, err := Put(t.Context(), s, []byte(content))
	if err != nil {
		t.Fatalf("committing %.20q: %v", content, err)
	}
	return info
}

func content(ctx context.Context, s blob.Store, digest assay.Digest) ([]byte, error) {
	b, err := s.Open(ctx, digest)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(b.Reader())
	return content, errors.Join(err, b.Close())
}

// wantContent checks that a blob is there and holds the content.
func wantContent(t *testing.T, s blob.Store, digest assay.Digest, want string) {
	t.Helper()
	got, err := content(t.Context(), s, digest)
	if err != nil || string(got) != want {
		t.Errorf("the blob %s holds %.40q, %v; want %.40q", digest, got, err, want)
	}
}

// wantAbsent checks every way in which a blob could be seen.
func wantAbsent(t *testing.T, s blob.Store, digest assay.Digest) {
	t.Helper()
	if b, err := s.Open(t.Context(), digest); !assay.Is(err, assay.NotFound) {
		t.Errorf("Open: %v, %v; want not found", b, err)
	}
	if info, err := s.Stat(t.Context(), digest); !assay.Is(err, assay.NotFound) {
		t.Errorf("Stat: %v, %v; want not found", info, err)
	}
	if Check(t, s)[digest] {
		t.Errorf("a walk meets the blob %s", digest)
	}
}

func stage(t *testing.T, s blob.Store) blob.Staged {
	t.Helper()
	g, err := s.Stage(t.Context())
	if err != nil {
		t.Fatalf("Stage: %v", err)
	}
	return g
}

func write(t *testing.T, g blob.Staged, content string) {
	t.Helper()
	if n, err := io.WriteString(g, content); err != nil || n != len(content) {
		t.Fatalf("Write: %d, %v; want %d", n, err, len(content))
	}
}

func discard(t *testing.T, g blob.Staged) {
	t.Helper()
	if err := g.Discard(); err != nil {
		t.Errorf("Discard: %v", err)
	}
}

func testCommit(t *testing.T, s blob.Store) {
	for name, content := range map[string]string{
		"empty": "", "small": "hello", "binary": "\x00\xff\r\n", "large": strings.Repeat("0123456789abcdef", 1<<16),
	} {
		t.Run(name, func(t *testing.T) {
			before := time.Now().Add(-2 * time.Second)
			g := stage(t, s)
			defer discard(t, g)
			for rest := content; rest != ""; { // in pieces of odd sizes
				n := min(len(rest), 7777)
				write(t, g, rest[:n])
				rest = rest[n:]
			}
			info, err := g.Commit(t.Context())
			if err != nil {
				t.Fatalf("Commit: %v", err)
			}
			if info.Digest != DigestOf([]byte(content)) || info.Size != int64(len(content)) || info.Committed.Before(before) || info.Committed.After(time.Now().Add(2*time.Second)) {
				t.Errorf("Commit says %+v", info)
			}
			wantContent(t, s, info.Digest, content)
			if stat, err := s.Stat(t.Context(), info.Digest); err != nil || stat != info {
				t.Errorf("Stat says %+v, %v; want %+v", stat, err, info)
			}
			b, err := s.Open(t.Context(), info.Digest)
			if err != nil {
				t.Fatal(err)
			}
			if b.Info() != info {
				t.Errorf("the open blob says %+v, want %+v", b.Info(), info)
			}
			if err := b.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	Check(t, s)
}

func testBeforeCommit(t *testing.T, s blob.Store) {
	g := stage(t, s)
	defer discard(t, g)
	write(t, g, "hello")
	wantAbsent(t, s, DigestOf([]byte("hello")))
	if got := Check(t, s); len(got) != 0 {
		t.Errorf("a walk meets %v", got)
	}
}

func testDiscard(t *testing.T, s blob.Store) {
	g := stage(t, s)
	write(t, g, "hello")
	discard(t, g)
	wantAbsent(t, s, DigestOf([]byte("hello")))
	// A discard after a commit leaves the blob.
	g = stage(t, s)
	write(t, g, "kept")
	info, err := g.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	discard(t, g)
	wantContent(t, s, info.Digest, "kept")
	// Nor does one of the same bytes take it away.
	g = stage(t, s)
	write(t, g, "kept")
	discard(t, g)
	wantContent(t, s, info.Digest, "kept")
}

func testReadWhileWriting(t *testing.T, s blob.Store) {
	g := stage(t, s)
	const piece, pieces = 1000, 200
	var mu sync.Mutex
	written := 0
	var reader sync.WaitGroup
	reader.Go(func() {
		buf := make([]byte, piece)
		for at := 0; at < piece*pieces; {
			mu.Lock()
			there := written
			mu.Unlock()
			if there <= at {
				time.Sleep(time.Millisecond)
				continue
			}
			n, err := g.ReadAt(buf, int64(at))
			if n != piece || err != nil && !errors.Is(err, io.EOF) {
				t.Errorf("ReadAt %d: %d, %v; %d bytes were written", at, n, err, there)
				return
			}
			if want := bytes.Repeat([]byte{byte(at / piece)}, piece); !bytes.Equal(buf, want) {
				t.Errorf("ReadAt %d reads other bytes than were written", at)
				return
			}
			at += n
		}
	})
	for i := range pieces {
		write(t, g, string(bytes.Repeat([]byte{byte(i)}, piece)))
		mu.Lock()
		written += piece
		mu.Unlock()
	}
	reader.Wait()
	if n, err := g.ReadAt(make([]byte, 10), piece*pieces); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("reading behind the end: %d, %v; want the end", n, err)
	}
	info, err := g.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Also after the commit, and after the blob is gone, until Discard.
	if err := s.Delete(t.Context(), info.Digest, time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	buf := make([]byte, piece)
	if n, err := g.ReadAt(buf, piece*3); n != piece || err != nil || buf[0] != 3 {
		t.Errorf("ReadAt after the commit: %d, %v", n, err)
	}
	discard(t, g)
}

func testMisuse(t *testing.T, s blob.Store) {
	g := stage(t, s)
	write(t, g, "hello")
	info, err := g.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Write([]byte("more")); err == nil {
		t.Error("a write after the commit was not refused")
	}
	if _, err := g.Commit(t.Context()); err == nil {
		t.Error("a second commit was not refused")
	}
	discard(t, g)
	wantContent(t, s, info.Digest, "hello")
	g = stage(t, s)
	write(t, g, "gone")
	discard(t, g)
	if _, err := g.Write([]byte("more")); err == nil {
		t.Error("a write after the discard was not refused")
	}
	if _, err := g.Commit(t.Context()); err == nil {
		t.Error("a commit after the discard was not refused")
	}
	discard(t, g) // does nothing
	wantAbsent(t, s, DigestOf([]byte("gone")))
}

func testNotFound(t *testing.T, s blob.Store) {
	put(t, s, "another")
	digest := DigestOf([]byte("never"))
	wantAbsent(t, s, digest)
	if err := s.Delete(t.Context(), digest, time.Now().Add(time.Hour)); err != nil {
		t.Errorf("deleting what is not there: %v, want no error", err)
	}
}

func testInvalid(t *testing.T, s blob.Store) {
	info := put(t, s, "hello")
	value := info.Digest.Value()
	for what, digest := range map[string]assay.Digest{
		"empty":                 "",
		"no algorithm":          assay.Digest(value),
		"another algorithm":     assay.Digest("sha512:" + strings.Repeat("ab", 64)),
		"another word, as long": assay.Digest("md5:" + value),
		"h1":                    "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		"too short":             assay.Digest("sha256:" + value[:62]),
		"too long":              assay.Digest("sha256:" + value + "00"),
		"upper case":            assay.Digest("sha256:" + strings.ToUpper(value)),
		"upper-case algorithm":  assay.Digest("SHA256:" + value),
		"not hexadecimal":       assay.Digest("sha256:" + strings.Repeat("zz", 32)),
		"a traversal":           "sha256:../../../../../../../../../../../../../../../../../../etc/passwd",
		"a traversal, 64 long":  assay.Digest("sha256:" + strings.Repeat("../", 21) + "a"),
		"a slash":               assay.Digest("sha256:" + value[:32] + "/" + value[33:]),
		"a NUL":                 assay.Digest("sha256:" + value + "\x00"),
		"a line break":          assay.Digest("sha256:" + value + "\n"),
		"a space":               assay.Digest(" sha256:" + value),
	} {
		if _, err := s.Open(t.Context(), digest); !assay.Is(err, assay.Invalid) {
			t.Errorf("Open, %s: %v, want invalid", what, err)
		}
		if _, err := s.Stat(t.Context(), digest); !assay.Is(err, assay.Invalid) {
			t.Errorf("Stat, %s: %v, want invalid", what, err)
		}
		if err := s.Delete(t.Context(), digest, time.Now().Add(time.Hour)); !assay.Is(err, assay.Invalid) {
			t.Errorf("Delete, %s: %v, want invalid", what, err)
		}
	}
	wantContent(t, s, info.Digest, "hello")
}

func testReaders(t *testing.T, s blob.Store) {
	info := put(t, s, "0123456789")
	var open []blob.Blob
	for range 2 {
		b, err := s.Open(t.Context(), info.Digest)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, b)
	}
	first := make([]byte, 4)
	if _, err := io.ReadFull(open[0].Reader(), first); err != nil || string(first) != "0123" {
		t.Errorf("the first reader reads %q, %v", first, err)
	}
	rest, err := io.ReadAll(open[1].Reader())
	if err != nil || string(rest) != "0123456789" {
		t.Errorf("the second reader reads %q, %v; the first has moved it", rest, err)
	}
	at := make([]byte, 3)
	if n, err := open[0].ReadAt(at, 7); n != 3 || string(at) != "789" || err != nil && !errors.Is(err, io.EOF) {
		t.Errorf("ReadAt reads %q, %v", at, err)
	}
	if end, err := open[0].Reader().Seek(0, io.SeekEnd); err != nil || end != 10 {
		t.Errorf("the end is at %d, %v; want 10", end, err)
	}
	if _, err := open[0].ReadAt(at, 10); !errors.Is(err, io.EOF) {
		t.Errorf("reading behind the end: %v, want the end", err)
	}
	for _, b := range open {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

func testRenew(t *testing.T, s blob.Store) {
	first := put(t, s, "hello")
	b, err := s.Open(t.Context(), first.Digest)
	if err != nil {
		t.Fatal(err)
	}
	// A store may keep whole seconds only.
	second := put(t, s, "hello")
	for end := time.Now().Add(3 * time.Second); !second.Committed.After(first.Committed) && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
		second = put(t, s, "hello")
	}
	if second.Digest != first.Digest || !second.Committed.After(first.Committed) {
		t.Errorf("committed %+v, then %+v: not renewed", first, second)
	}
	if stat, err := s.Stat(t.Context(), first.Digest); err != nil || stat != second {
		t.Errorf("Stat says %+v, %v; want %+v", stat, err, second)
	}
	if got, err := io.ReadAll(b.Reader()); err != nil || string(got) != "hello" {
		t.Errorf("a reader from before the renewal reads %q, %v", got, err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if n := len(Check(t, s)); n != 1 {
		t.Errorf("there are %d blobs, want one", n)
	}
}

func testDelete(t *testing.T, s blob.Store) {
	info := put(t, s, "hello")
	for what, before := range map[string]time.Time{
		"an hour earlier": info.Committed.Add(-time.Hour), "the same moment": info.Committed, "the zero time": {},
	} {
		if err := s.Delete(t.Context(), info.Digest, before); !assay.Is(err, assay.Conflict) {
			t.Errorf("deleting what was committed before %s: %v, want conflict", what, err)
		}
	}
	wantContent(t, s, info.Digest, "hello")
	for range 2 {
		if err := s.Delete(t.Context(), info.Digest, info.Committed.Add(time.Second)); err != nil {
			t.Errorf("Delete: %v", err)
		}
		wantAbsent(t, s, info.Digest)
	}
	put(t, s, "hello")
	wantContent(t, s, info.Digest, "hello")
}

func testDeleteOpen(t *testing.T, s blob.Store) {
	info := put(t, s, strings.Repeat("hello", 1<<15))
	b, err := s.Open(t.Context(), info.Digest)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := s.Delete(t.Context(), info.Digest, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(b.Reader()); err != nil || DigestOf(got) != info.Digest {
		t.Errorf("the open reader reads %d bytes, %v", len(got), err)
	}
}

func testWalk(t *testing.T, s blob.Store) {
	if got := Check(t, s); len(got) != 0 {
		t.Errorf("an empty store has %v", got)
	}
	want := make(map[assay.Digest]bool)
	for i := range 20 {
		want[put(t, s, fmt.Sprint(i)).Digest] = true
	}
	got := Check(t, s)
	for digest := range want {
		if !got[digest] {
			t.Errorf("the walk misses %s", digest)
		}
	}
	if len(got) != len(want) {
		t.Errorf("the walk meets %d blobs, want %d", len(got), len(want))
	}
	stop, calls := errors.New("stop"), 0
	if err := s.Walk(t.Context(), func(blob.Info) error { calls++; return stop }); !errors.Is(err, stop) || calls != 1 {
		t.Errorf("an error of the function: %v after %d calls, want it back after one", err, calls)
	}
	// As garbage collection does it.
	if err := s.Walk(t.Context(), func(info blob.Info) error {
		return s.Delete(t.Context(), info.Digest, time.Now().Add(time.Hour))
	}); err != nil {
		t.Errorf("deleting during a walk: %v", err)
	}
	if got := Check(t, s); len(got) != 0 {
		t.Errorf("after deleting all there are %v", got)
	}
}

func testCanceled(t *testing.T, s blob.Store) {
	info := put(t, s, "hello")
	ctx, cancel := context.WithCancel(t.Context())
	g := stage(t, s)
	defer discard(t, g)
	write(t, g, "other")
	cancel()
	ran := false
	_, stageErr := s.Stage(ctx)
	_, openErr := s.Open(ctx, info.Digest)
	_, statErr := s.Stat(ctx, info.Digest)
	_, commitErr := g.Commit(ctx)
	for what, err := range map[string]error{
		"Stage": stageErr, "Open": openErr, "Stat": statErr, "Commit": commitErr,
		"Delete": s.Delete(ctx, info.Digest, time.Now().Add(time.Hour)),
		"Walk":   s.Walk(ctx, func(blob.Info) error { ran = true; return nil }),
	} {
		if !assay.Is(err, assay.Canceled) {
			t.Errorf("%s: %v, want canceled", what, err)
		}
	}
	if ran {
		t.Error("a canceled walk called its function")
	}
	wantAbsent(t, s, DigestOf([]byte("other")))
	wantContent(t, s, info.Digest, "hello")
	// Cancelling spoils nothing: the same staged blob can still be committed.
	if _, err := g.Commit(t.Context()); err != nil {
		t.Errorf("Commit after a canceled one: %v", err)
	}
}

func testManyCommit(t *testing.T, s blob.Store) {
	content := strings.Repeat("the same bytes ", 10000)
	digest := DigestOf([]byte(content))
	const many = 16
	start := make(chan struct{})
	var committers, readers sync.WaitGroup
	for range many {
		committers.Go(func() {
			<-start
			info, err := Put(t.Context(), s, []byte(content))
			if err != nil || info.Digest != digest {
				t.Errorf("committing: %+v, %v", info, err)
				return
			}
			// What was committed is there, and whole, from now on.
			wantContent(t, s, digest, content)
		})
	}
	stop := make(chan struct{})
	readers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if b, err := s.Open(t.Context(), digest); err == nil {
				got, err := io.ReadAll(b.Reader())
				if err != nil || DigestOf(got) != digest {
					t.Errorf("a reader beside the commits reads %d bytes, %v", len(got), err)
				}
				b.Close()
			} else if !assay.Is(err, assay.NotFound) {
				t.Errorf("Open: %v", err)
			}
		}
	})
	close(start)
	committers.Wait()
	close(stop)
	readers.Wait()
	if got := Check(t, s); len(got) != 1 || !got[digest] {
		t.Errorf("there are %v, want one blob", got)
	}
}

// testDeleteRace commits one blob again and again while it is deleted as old
// as often. The collector judges by a time before the commit, so that what a
// commit has returned must still be there.
func testDeleteRace(t *testing.T, s blob.Store) {
	const content = "wanted again"
	digest := put(t, s, content).Digest
	stop := make(chan struct{})
	var collector sync.WaitGroup
	var mu sync.Mutex
	horizon := time.Now() // everything committed before may be deleted
	collector.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			mu.Lock()
			before := horizon
			mu.Unlock()
			if err := s.Delete(t.Context(), digest, before); err != nil && !assay.Is(err, assay.Conflict) {
				t.Errorf("Delete: %v", err)
				return
			}
		}
	})
	for range 50 {
		mu.Lock()
		horizon = time.Now()
		mu.Unlock()
		info := put(t, s, content)
		if stat, err := s.Stat(t.Context(), digest); err != nil || stat.Committed != info.Committed {
			t.Errorf("after the commit there is %+v, %v; want %+v", stat, err, info)
			break
		}
	}
	close(stop)
	collector.Wait()
	Check(t, s)
}
