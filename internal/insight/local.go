package insight

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight/osv"
)

// settled is how old a file must be for its date to tell whether it was
// written again: clocks of file systems tick coarsely.
const settled = time.Second

// readLocal reads a file or directory. The content is empty where nothing has
// changed since it was read.
func (s *Service) readLocal(ctx context.Context, r *reading, anew bool) (content, error) {
	info, err := os.Stat(r.From)
	signature, newest := "", time.Time{}
	if err == nil {
		signature, newest, err = sign(ctx, r.From, info)
	}
	if err != nil {
		r.signature = "" // when it is there again it is read, though nothing has changed
		return content{}, unreadable(r.From, err)
	}
	s.mu.Lock()
	last, ill := r.content, r.problem != ""
	s.mu.Unlock()
	// What was unsound is not read again until it changes.
	if !anew && signature == r.signature && (!last.empty() || ill) {
		if ill {
			return content{}, assay.Errorf(assay.Unsound, "%s", r.problemSaid(s))
		}
		return content{}, nil
	}
	r.signature = signature
	if age := s.o.Now().Sub(newest); age < settled {
		r.signature = "" // it may be written again within the same tick
	}
	now, err := s.parseLocal(ctx, r, info)
	if ctx.Err() != nil {
		r.signature = ""
	}
	if err != nil {
		return content{}, err
	}
	if err := sound(last, now); err != nil {
		return content{}, err
	}
	return now, nil
}

func (s *Service) parseLocal(ctx context.Context, r *reading, info fs.FileInfo) (content, error) {
	if !info.IsDir() {
		return s.parseFile(ctx, &r.Source, filepath.Base(r.From), r.From)
	}
	if r.Kind == KnownBad {
		return content{}, assay.Errorf(assay.Invalid, "%s is a directory: a list is one file", r.From)
	}
	sh, err := readShelf(r.Name, s.grammars, func(report *osv.Report, add func(osv.Record)) error {
		return osv.ReadDir(ctx, os.DirFS(r.From), s.o.Limits, report, add)
	})
	return content{shelf: sh}, err
}

// problemSaid is the problem that was found before.
func (r *reading) problemSaid(s *Service) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.problem
}

func (s *Service) parseFile(ctx context.Context, src *Source, name, path string) (content, error) {
	f, err := os.Open(path)
	if err != nil {
		return content{}, unreadable(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return content{}, unreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return content{}, assay.Errorf(assay.Invalid, "%s is no file and no directory", path)
	}
	return s.parse(ctx, src, name, f, info.Size())
}

func unreadable(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return assay.Errorf(assay.NotFound, "%s does not exist", path)
	case errors.Is(err, fs.ErrPermission):
		return assay.Errorf(assay.Forbidden, "%s may not be read by this user", path)
	case assay.KindOf(err) != assay.Internal:
		return err
	}
	return assay.Wrap(assay.Unavailable, err, "%s cannot be read", path)
}

// sign makes a text that changes when a file, or anything in a directory,
// does, and returns the newest date in it.
func sign(ctx context.Context, path string, info fs.FileInfo) (signature string, newest time.Time, err error) {
	if !info.IsDir() {
		return fmt.Sprint(info.Size(), " ", info.ModTime().UnixNano()), info.ModTime(), nil
	}
	sum := sha256.New()
	err = filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return assay.Wrap(assay.Canceled, context.Cause(ctx), "looking at %s was given up", path)
		}
		if err != nil {
			if name == path {
				return err
			}
			return nil // it is read, and named, or gone
		}
		info, err := e.Info()
		if err != nil {
			return nil
		}
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
		_, _ = fmt.Fprintf(sum, "%s\x00%d\x00%d\x00", name, info.Size(), info.ModTime().UnixNano()) // never fails (hash.Hash)
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil)), newest, err
}
