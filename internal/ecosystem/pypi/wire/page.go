package wire

import (
	"bufio"
	"errors"
	"io"
	"time"

	"assay.invalid/internal/assay"
)

// Limits bound what one page of an index may cost to read.
type Limits struct {
	Files int   // files on the page
	Text  int64 // bytes of one value, attribute or tag
	Depth int   // levels of nesting
	URL   int   // bytes of one address
}

// DefaultLimits hold the largest pages that people ask for: a project with
// nightly builds has tens of thousands of files.
func DefaultLimits() Limits {
	return Limits{Files: 200_000, Text: 1 << 20, Depth: 32, URL: 4096}
}

// File is one file of a page, as an index describes it (PEP 503, 592, 658,
// 691, 700, 714, 740).
type File struct {
	Name           string
	URL            string         // an address, or a reference relative to the origin's
	Digests        []assay.Digest // those that Assay knows, the strongest first
	RequiresPython string
	Size           int64 // -1: not said
	Uploaded       time.Time
	Yanked         bool
	YankedReason   string
	// Metadata tells that the metadata lies beside the file; MetadataDigest
	// is its digest, if the page has one.
	Metadata       bool
	MetadataDigest assay.Digest
	Provenance     string // an address, as URL is
}

// Status is what an index says of a whole project (PEP 792).
type Status struct {
	Word   string // "active", "archived", "quarantined", "deprecated"; "" for nothing
	Reason string
}

// Page is what a page says beside its files.
type Page struct {
	Status Status
}

var errNotPage = errors.New("it is neither a JSON page nor an HTML page of a package index")

// Scan reads one page of an index and calls each for its files, in their
// order. It reads the page as a stream and holds one file at a time. Errors
// are Unsound, except those of each.
func Scan(content io.ReaderAt, size int64, project string, limits Limits, each func(*File) error) (*Page, error) {
	r := bufio.NewReaderSize(io.NewSectionReader(content, 0, size), 64<<10)
	first, err := firstByte(r)
	each = cleaned(each)
	var page *Page
	switch {
	case err != nil:
		err = errNotPage
	case first == '{':
		page, err = scanJSON(r, project, limits, each)
	case first == '<':
		page, err = scanHTML(r, project, limits, each)
	default:
		err = errNotPage
	}
	if err == nil {
		page.Status.Word, page.Status.Reason = plain(page.Status.Word), plain(page.Status.Reason)
		return page, nil
	}
	var known *assay.Error
	if errors.As(err, &known) {
		return nil, known
	}
	return nil, assay.Wrap(assay.Unsound, err, "the upstream's page of %s cannot be used: %s", project, clip(err.Error(), 300))
}

// cleaned takes out of a file's texts what could drive a terminal: installers
// print them.
func cleaned(each func(*File) error) func(*File) error {
	return func(f *File) error {
		f.RequiresPython, f.YankedReason = plain(f.RequiresPython), plain(f.YankedReason)
		return each(f)
	}
}

// firstByte looks past white space and a byte order mark.
func firstByte(r *bufio.Reader) (byte, error) {
	if mark, err := r.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = r.Discard(3) // they are in the buffer
	}
	for range 1 << 16 {
		c, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, r.UnreadByte()
		}
	}
	return 0, errNotPage
}
