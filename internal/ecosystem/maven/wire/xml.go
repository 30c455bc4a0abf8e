package wire

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// reading walks a document once. Path is the names of the open elements
// joined by slashes; namespaces do not matter, as they do not to Maven.
type reading struct {
	limits Limits
	limit  int64 // bytes
	// opened is called at each start of an element, and closed at each end
	// with the element's own text, blanks around it cut.
	opened func(path string) error
	closed func(path, text string) error
}

// errTooLong says that a document is over its limit.
var errTooLong = errors.New("it is too long")

// walk reads the document to its end. What it refuses, beside what is not
// well formed:
//
//   - a document type, and with it every entity declaration (a billion
//     laughs, files read through an external entity);
//   - elements that nest too deep, text that is too long;
//   - a second root, or text outside the root: readers differ in which of two
//     they take.
func (w reading) walk(r io.Reader) error {
	bounded := &boundedReader{r: r, left: w.limit}
	buffered := bufio.NewReader(bounded)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		_, _ = buffered.Discard(len(mark)) // they were peeked
	}
	d := xml.NewDecoder(buffered)
	d.CharsetReader = charset
	// Old POMs name their authors with the entities of HTML, which need no
	// declaration in Maven's reader.
	d.Entity = xml.HTMLEntity
	err := w.tokens(d)
	if bounded.left < 0 {
		return errTooLong
	}
	return err
}

func (w reading) tokens(d *xml.Decoder) error {
	var path []string
	var texts []*strings.Builder
	begun := false
	for {
		t, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("it is not sound XML: %s", short(err.Error()))
		}
		switch t := t.(type) {
		case xml.Directive:
			return errors.New("it has a document type declaration, which no such document needs and which can make a small document endless")
		case xml.StartElement:
			if len(path) == 0 && begun {
				return errors.New("it has a second root element")
			}
			begun = true
			if len(path) == w.limits.Depth {
				return fmt.Errorf("its elements nest deeper than %d", w.limits.Depth)
			}
			path, texts = append(path, t.Name.Local), append(texts, &strings.Builder{})
			if err := w.opened(strings.Join(path, "/")); err != nil {
				return err
			}
		case xml.EndElement:
			last := len(path) - 1
			if err := w.closed(strings.Join(path, "/"), strings.TrimSpace(texts[last].String())); err != nil {
				return err
			}
			path, texts = path[:last], texts[:last]
		case xml.CharData:
			if len(path) == 0 {
				if strings.TrimSpace(string(t)) != "" {
					return errors.New("it has text outside its root element")
				}
				continue
			}
			text := texts[len(texts)-1]
			if text.Len()+len(t) > w.limits.Text {
				return fmt.Errorf("it has an element with more than %d bytes of text", w.limits.Text)
			}
			text.Write(t)
		}
	}
	if !begun {
		return errors.New("it has no root element")
	}
	return nil
}

// boundedReader fails once more was read than the limit.
type boundedReader struct {
	r    io.Reader
	left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLong
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
}

// charset reads the encodings of which every ASCII character is one byte of
// its own value, and that byte nothing else. Characters beyond ASCII become
// question marks: they stand in names of people and descriptions, never in
// what a version is decided by. Any other encoding could hide markup.
func charset(label string, in io.Reader) (io.Reader, error) {
	l := strings.ToLower(label)
	for _, known := range []string{"utf8", "us-ascii", "ascii", "latin1", "iso-8859-", "iso8859-", "iso_8859-", "windows-125", "cp125"} {
		if strings.HasPrefix(l, known) {
			return asciiReader{in}, nil
		}
	}
	return nil, fmt.Errorf("its encoding %q is not one that Assay reads: write UTF-8", short(label))
}

type asciiReader struct{ r io.Reader }

func (a asciiReader) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	for i, c := range p[:n] {
		if c >= 0x80 {
			p[i] = '?'
		}
	}
	return n, err
}
