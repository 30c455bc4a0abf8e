package archive

import (
	"context"
	"errors"
	"io"

	"assay.invalid/internal/assay"
)

// Kind is what an entry is.
type Kind uint8

// The kinds of entries. There are no others: devices, pipes and sockets are
// refused.
const (
	File Kind = iota
	Folder
	Symlink
	Hardlink
)

func (k Kind) String() string {
	return [...]string{"file", "folder", "symbolic link", "hard link"}[k&3]
}

// Entry is one member of an archive.
type Entry struct {
	Name       string // clean, relative, forward slashes, no slash at the end
	Kind       Kind
	Size       int64  // bytes of a file, checked against what is read
	Link       string // where a link points to, as written; inside the archive
	Executable bool
	// Content reads a file's bytes, valid until the function returns. What is
	// left unread is read and checked all the same.
	Content io.Reader
}

// sourceReader remembers a failure of the bytes themselves, so that it is not
// taken for a fault of the archive, and stops when the context ends.
type sourceReader struct {
	ctx context.Context
	r   io.ReaderAt
	err error
}

func (s *sourceReader) ReadAt(p []byte, off int64) (int, error) {
	if err := context.Cause(s.ctx); err != nil {
		return 0, err
	}
	if off < 0 {
		return 0, errors.New("an offset in it lies before its beginning")
	}
	n, err := s.r.ReadAt(p, off)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// verdict turns what ended a walk into an error of the right kind.
func (s *sourceReader) verdict(err error) error {
	var caller callerError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &caller):
		return caller.err
	case s.ctx.Err() != nil:
		return assay.Wrap(assay.Canceled, context.Cause(s.ctx), "reading the archive was given up")
	case s.err != nil:
		return assay.Wrap(assay.Internal, s.err, "the archive cannot be read")
	}
	var known *assay.Error
	if errors.As(err, &known) {
		return known
	}
	return assay.Wrap(assay.Invalid, err, "the archive is damaged: %s", brief(err))
}

// callerError carries an error of the caller's function past verdict.
type callerError struct{ err error }

func (e callerError) Error() string { return e.err.Error() }

// brief is an error's text, short and printable: it may quote the archive.
func brief(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return "it ends too early"
	}
	return shown(err.Error())
}

// shown makes a text of the archive fit for a message.
func shown(s string) string {
	const most = 200
	var b []rune
	for _, r := range s {
		if len(b) == most {
			return string(b) + "..."
		}
		if oddRune(r) {
			r = '?'
		}
		b = append(b, r)
	}
	return string(b)
}

// visit hands one entry to the caller's function, with its content.
func visit(fn func(*Entry) error, e *Entry, content *measured) error {
	e.Content = content
	err := fn(e)
	switch {
	case err == nil:
		return nil
	case content.err != nil && errors.Is(err, content.err):
		return content.err // the archive's fault, which the caller passed on
	}
	return callerError{err}
}

// measured bounds and counts the bytes of one entry.
type measured struct {
	r    io.Reader
	left int64
	err  error // what ended it, if not its end
}

func (m *measured) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if m.left -= int64(n); m.left < 0 {
		err = assay.Errorf(assay.Invalid, "an entry holds more bytes than its header says")
	}
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

// drain reads what the caller left of a file and checks its length.
func (m *measured) drain() error {
	if _, err := io.Copy(io.Discard, m); err != nil {
		return err
	}
	if m.left != 0 {
		return assay.Errorf(assay.Invalid, "an entry holds fewer bytes than its header says")
	}
	return nil
}
