package wire

import (
	"bufio"
	"errors"
	"io"

	"assay.invalid/internal/assay"
)

// errChanged says that the document is not the one that was indexed.
var errChanged = &assay.Error{Kind: assay.Internal, Message: "the kept document is not the one that was read"}

// Write writes the document with the versions that are denied marked as
// yanked: no resolver chooses them, while a lock file that names one still
// finds it, is refused at the download, and hears why.
func (x *Index) Write(w io.Writer, document io.ReaderAt, size int64, denied func(i int) bool) error {
	if size != x.size {
		return errChanged
	}
	c := &copier{w: bufio.NewWriterSize(w, 32<<10), document: document}
	for i := range x.Lines {
		l := &x.Lines[i]
		if denied(i) && !l.Yanked {
			value, rest, mark := l.start+uint64(l.yanked.start), l.start+uint64(l.yanked.end), "true"
			if l.yanked.end == 0 {
				// A line has a name at least, so a comma is right.
				value, rest, mark = l.start+uint64(l.brace), l.start+uint64(l.brace), `,"yanked":true`
			}
			c.span(l.start, value)
			c.text(mark)
			c.span(rest, l.next)
		} else {
			c.span(l.start, l.next)
		}
		if l.next == l.end {
			c.text("\n")
		}
	}
	return c.finish()
}

// copier writes parts of a document. Neighbouring parts are read in one go.
type copier struct {
	w          *bufio.Writer
	document   io.ReaderAt
	start, end uint64 // what is still to be copied
	err        error
}

func (c *copier) span(start, end uint64) {
	if c.end != start {
		c.flush()
		c.start = start
	}
	c.end = end
}

func (c *copier) text(s string) {
	c.flush()
	if c.err == nil {
		_, c.err = c.w.WriteString(s)
	}
}

func (c *copier) flush() {
	if c.err == nil && c.end > c.start {
		n, err := io.Copy(c.w, io.NewSectionReader(c.document, int64(c.start), int64(c.end-c.start)))
		if err == nil && uint64(n) != c.end-c.start {
			err = errChanged
		}
		c.err = err
	}
	c.start = c.end
}

func (c *copier) finish() error {
	c.flush()
	if c.err == nil {
		c.err = c.w.Flush()
	}
	var known *assay.Error
	if c.err != nil && !errors.As(c.err, &known) {
		return assay.Wrap(assay.Internal, c.err, "the index document cannot be written")
	}
	return c.err
}
