package insight

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"assay.invalid/internal/assay"
)

// copyNote is what is known of the kept copy of an address. It lies beside it.
type copyNote struct {
	From         string    `json:"from"`
	File         string    `json:"file"` // its name in the directory of the source
	Size         int64     `json:"size"`
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
	Taken        time.Time `json:"taken"`     // when the bytes were
	Confirmed    time.Time `json:"confirmed"` // when the address last said that they are right
}

const noteName = "copy.json"

// sourceDir is where the copy of a source lies; "" where none are kept.
func (s *Service) sourceDir(src *Source) string {
	if s.o.Dir == "" {
		return ""
	}
	return filepath.Join(s.o.Dir, string(src.Kind)+"-"+src.Name)
}

// readAddress asks an address for what it has. The content is empty where
// nothing has changed.
func (s *Service) readAddress(ctx context.Context, r *reading) (content, error) {
	if s.o.Fetcher == nil {
		return content{}, assay.Errorf(assay.Unavailable, "addresses are not asked here: a running server asks them")
	}
	s.mu.Lock()
	last := r.content
	s.mu.Unlock()
	q := Query{Address: r.From, Limit: s.o.Bytes}
	if r.copied != nil && !last.empty() {
		q.ETag, q.LastModified = r.copied.ETag, r.copied.LastModified
	}
	reply, err := s.o.Fetcher.Fetch(ctx, q)
	if err != nil {
		return content{}, err
	}
	at := s.o.Now().UTC()
	if reply.Unchanged {
		if q.ETag == "" && q.LastModified == "" {
			return content{}, assay.Errorf(assay.Unsound, "%s says that nothing has changed, to a question that named nothing", r.From)
		}
		note := *r.copied
		note.Confirmed = at
		r.copied = &note
		s.kept(r, s.putNote(r))
		return content{}, nil
	}
	defer reply.Body.Close()
	file, size, remove, err := s.take(r, reply.Body)
	defer remove()
	if err != nil {
		return content{}, err
	}
	name, err := copyName(r, file)
	if err != nil {
		return content{}, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return content{}, unreadable(file.Name(), err)
	}
	now, err := s.parse(ctx, &r.Source, name, file, size)
	if err != nil {
		return content{}, err
	}
	if now.found() == 0 && !last.empty() && last.found() > 0 {
		return content{}, assay.Errorf(assay.Unsound, "%s has an answer that holds nothing, where it held %d; what it said before stays. If it is meant to be empty, remove the source", r.From, last.found())
	}
	if err := sound(last, now); err != nil {
		return content{}, err
	}
	s.kept(r, s.keepCopy(r, file, name, &copyNote{From: r.From, Size: size, ETag: reply.ETag, LastModified: reply.LastModified, Taken: at, Confirmed: at}))
	return now, nil
}

// kept says that a copy could not be kept. What it says counts all the same.
func (s *Service) kept(r *reading, err error) {
	if err != nil {
		s.o.Log.Warn("the copy of a source of "+string(r.Kind)+" could not be kept; while its address is away a restart will not know it", "source", r.Name, "error", err.Error())
	}
}

// take writes an answer to a file of its own, bounded. remove takes the file
// away, unless it was kept under another name.
func (s *Service) take(r *reading, body io.Reader) (f *os.File, size int64, remove func(), err error) {
	remove = func() {}
	dir := s.sourceDir(&r.Source)
	if dir != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, 0, remove, assay.Wrap(assay.Exhausted, err, "there is no room for a copy of %s", r.From)
		}
	}
	if f, err = os.CreateTemp(dir, "taken-*"); err != nil {
		return nil, 0, remove, assay.Wrap(assay.Exhausted, err, "there is no room for a copy of %s", r.From)
	}
	remove = func() {
		_ = f.Close()           // read-only by now, or given up
		_ = os.Remove(f.Name()) // gone if it was kept
	}
	size, err = io.Copy(f, io.LimitReader(body, s.o.Bytes+1))
	if err != nil {
		if assay.KindOf(err) == assay.Internal {
			err = assay.Wrap(assay.Exhausted, err, "there is no room for a copy of %s", r.From)
		}
		return f, size, remove, err
	}
	if size > s.o.Bytes {
		return f, size, remove, assay.Errorf(assay.TooLarge, "the answer of %s has more than the %d bytes that are taken", r.From, s.o.Bytes)
	}
	return f, size, remove, nil
}

// keepCopy makes a taken file the kept copy. The note is written last and
// whole: it never speaks of bytes that are not there.
func (s *Service) keepCopy(r *reading, file *os.File, name string, note *copyNote) error {
	before := r.copied
	r.copied = note
	dir := s.sourceDir(&r.Source)
	if dir == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(note.Taken.Format(time.RFC3339Nano) + file.Name()))
	note.File = hex.EncodeToString(sum[:6]) + "-" + name
	failed := func(err error) error {
		r.copied = nil
		return assay.Wrap(assay.Exhausted, err, "a copy of %s could not be kept", r.From)
	}
	if err := file.Sync(); err != nil {
		return failed(err)
	}
	if err := os.Rename(file.Name(), filepath.Join(dir, note.File)); err != nil {
		return failed(err)
	}
	if err := s.putNote(r); err != nil {
		return err
	}
	if before != nil && before.File != "" && before.File != note.File {
		_ = os.Remove(filepath.Join(dir, before.File)) // what stays behind is swept by the next reading from the copy
	}
	return nil
}

// putNote writes the note of a copy.
func (s *Service) putNote(r *reading) error {
	dir := s.sourceDir(&r.Source)
	if dir == "" {
		return nil
	}
	text, err := json.Marshal(r.copied)
	if err != nil {
		return assay.Wrap(assay.Internal, err, "the note of a copy cannot be written")
	}
	temporary := filepath.Join(dir, noteName+".new")
	if err = os.WriteFile(temporary, text, 0o600); err == nil {
		err = os.Rename(temporary, filepath.Join(dir, noteName))
	}
	if err != nil {
		return assay.Wrap(assay.Exhausted, err, "the note of the copy of %s could not be kept", r.From)
	}
	return nil
}

// readNote reads the note of a copy.
func readNote(text []byte) (*copyNote, error) {
	var n copyNote
	if err := json.Unmarshal(text, &n); err != nil {
		return nil, assay.Wrap(assay.Unsound, err, "the note of a copy cannot be read")
	}
	if n.File != filepath.Base(n.File) || n.File == "." || n.File == ".." || n.File == "" || strings.ContainsAny(n.File, `/\`) {
		return nil, assay.Errorf(assay.Unsound, "the note of a copy names no file beside it")
	}
	return &n, nil
}

// recall reads the kept copy of an address.
func (s *Service) recall(ctx context.Context, r *reading) error {
	dir := s.sourceDir(&r.Source)
	if dir == "" {
		return nil
	}
	if err := r.hold(ctx); err != nil {
		return err
	}
	defer r.release()
	text, err := os.ReadFile(filepath.Join(dir, noteName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var note *copyNote
	if err == nil {
		note, err = readNote(text)
	}
	if err != nil {
		return unreadable(dir, err)
	}
	if note.From != r.From {
		return nil // another source had the name before
	}
	file := filepath.Join(dir, note.File)
	info, err := os.Stat(file)
	if err != nil {
		return unreadable(file, err)
	}
	if info.Size() != note.Size {
		return assay.Errorf(assay.Unsound, "the copy of %s has %d bytes and had %d: it is taken anew", r.From, info.Size(), note.Size)
	}
	_, name, _ := strings.Cut(note.File, "-")
	now, err := s.parseFile(ctx, &r.Source, name, file)
	if err == nil {
		err = sound(content{}, now)
	}
	if err != nil {
		return err
	}
	giveBack(now.found())
	sweep(dir, note.File)
	r.copied = note
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.removed || !r.content.empty() {
		return nil
	}
	r.confirmed = note.Confirmed
	r.due = note.Confirmed.Add(s.after(r, 0))
	s.put(r, now)
	return nil
}

// sweep removes what a reading that was cut short has left beside a copy.
func sweep(dir, keep string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // the next start tries again
	}
	for _, e := range entries {
		if e.Name() != keep && e.Name() != noteName {
			_ = os.Remove(filepath.Join(dir, e.Name())) // the same
		}
	}
}

// copyName names a copy so that its ending says what it is: by the address
// where that says it, else by its first bytes.
func copyName(r *reading, f io.ReadSeeker) (string, error) {
	if r.Kind == KnownBad {
		return "list.tsv", nil // packed or not is seen from its beginning
	}
	if u, err := url.Parse(r.From); err == nil {
		base := strings.ToLower(path.Base(u.Path))
		for _, ending := range []string{".jsonl.gz", ".ndjson.gz", ".json.gz", ".tar.gz", ".tgz", ".jsonl", ".ndjson", ".json", ".zip", ".tar"} {
			if strings.HasSuffix(base, ending) {
				return "records" + ending, nil
			}
		}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", unreadable(r.From, err)
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return "", unreadable(r.From, err)
	}
	ending := sniff(head[:n])
	if ending == "" {
		return "", assay.Errorf(assay.Unsound, "%s has no advisories: its answer is no JSON, zip or tar.gz", r.From)
	}
	return "records" + ending, nil
}

// sniff tells what bytes are by how they begin; "" for what is no collection
// of records.
func sniff(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return ".zip"
	case isTar(head):
		return ".tar"
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(bytes.NewReader(head))
		if err != nil {
			return ""
		}
		inside := make([]byte, 512)
		n, _ := io.ReadFull(bufio.NewReader(z), inside) // the head alone is no whole archive
		switch {
		case isTar(inside[:n]):
			return ".tar.gz"
		case isJSON(inside[:n]):
			return ".json.gz"
		}
	case isJSON(head):
		return ".json"
	}
	return ""
}

func isTar(head []byte) bool { return len(head) >= 262 && string(head[257:262]) == "ustar" }

func isJSON(head []byte) bool {
	text := bytes.TrimLeft(head, " \t\r\n\ufeff")
	return len(text) > 0 && (text[0] == '{' || text[0] == '[')
}
