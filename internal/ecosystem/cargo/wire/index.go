package wire

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// knownForm is the latest form of index lines ("v") that is known here.
const knownForm = 2

// Index is what one crate's document says. It is read-only once made.
type Index struct {
	Name  string // normalised
	Lines []Line // in the document's order

	size   int64
	sorted []int32 // indexes of Lines by version
}

// Line is what the document says of one version.
type Line struct {
	Name      string // as its publisher spells it
	Version   string
	Checksum  assay.Digest
	Published time.Time // zero: the line has no date that can be read
	Yanked    bool
	Links     string // the native library that its build script links to

	start, end uint64 // the line in the document
	next       uint64 // behind its end mark; end if it has none
	yanked     span   // the value of yanked; empty if there is none
	brace      uint32 // the closing brace
}

// span is a run of bytes in a line.
type span struct{ start, end uint32 }

// Read indexes the document of a crate in one pass over r. Errors are of kind
// Unsound and say what is wrong with the document; an error of r itself is
// Internal.
func Read(r io.ReaderAt, size int64, name string, limits Limits) (*Index, error) {
	if size > limits.Size {
		return nil, unsound(name, fmt.Errorf("it is larger than %d bytes", limits.Size))
	}
	source := &sourceReader{r: io.NewSectionReader(r, 0, size)}
	x := &Index{Name: name, size: size}
	err := x.read(source, limits)
	if source.err != nil {
		return nil, assay.Wrap(assay.Internal, source.err, "the kept document of %s cannot be read", name)
	}
	if err != nil {
		return nil, unsound(name, err)
	}
	return x, nil
}

// sourceReader tells a failing disk from a bad document.
type sourceReader struct {
	r   io.Reader
	err error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func unsound(name string, err error) error {
	return assay.Wrap(assay.Unsound, err, "the upstream's index document for %s is not sound: %s", name, brief(err))
}

func (x *Index) read(r io.Reader, limits Limits) error {
	buffered := bufio.NewReaderSize(r, 64<<10)
	parser := newObject()
	spelt := ""
	var offset uint64
	var long []byte
	for number := 1; ; number++ {
		line, err := readLine(buffered, &long, limits.Line)
		if err != nil && err != io.EOF {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if len(line) == 0 && err == io.EOF {
			break
		}
		text := bytes.TrimSuffix(line, []byte("\n"))
		if len(bytes.TrimSpace(text)) > 0 {
			if number > limits.Versions {
				return fmt.Errorf("it has more than %d lines", limits.Versions)
			}
			l, keep, lineErr := parseLine(parser, text)
			switch {
			case lineErr != nil:
				return fmt.Errorf("line %d: %w", number, lineErr)
			case strings.ToLower(l.Name) != x.Name:
				// A registry that answers for another crate (a cache mixed up,
				// a redirect to a lookalike) must not be believed.
				return fmt.Errorf("line %d is about %q", number, clip(l.Name, maxName))
			case keep:
				if l.Name == spelt {
					l.Name = spelt // one text in memory for all lines
				}
				spelt = l.Name
				l.start, l.end, l.next = offset, offset+uint64(len(text)), offset+uint64(len(line))
				x.Lines = append(x.Lines, l)
			}
		}
		offset += uint64(len(line))
		if err == io.EOF {
			break
		}
	}
	if len(x.Lines) == 0 {
		return errors.New("it has no versions")
	}
	return x.sort()
}

// readLine returns the next line with its end, valid until the next call.
func readLine(r *bufio.Reader, long *[]byte, most int) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return line, err
	}
	*long = append((*long)[:0], line...)
	for err == bufio.ErrBufferFull {
		line, err = r.ReadSlice('\n')
		if len(*long)+len(line) > most {
			return nil, fmt.Errorf("it is longer than %d bytes", most)
		}
		*long = append(*long, line...)
	}
	return *long, err
}

// parseLine reads one line. keep is false for a line of a later form that does
// not say enough to be judged; Cargo ignores lines of later forms, too.
func parseLine(parser *object, line []byte) (l Line, keep bool, err error) {
	if len(line) > math.MaxUint32 {
		return l, false, errors.New("it is too long")
	}
	var checksum, published string
	form := uint64(1)
	var broken error // what is wrong with a line that is JSON
	blame := func(err error) {
		if broken == nil {
			broken = err
		}
	}
	brace, err := parser.read(line, func(key string, value jsontext.Value, at int) error {
		var err error
		switch key {
		case "name":
			l.Name, err = text(key, value)
		case "vers":
			l.Version, err = text(key, value)
		case "cksum":
			checksum, err = text(key, value)
		case "pubtime":
			published, err = text(key, value)
		case "links":
			l.Links, err = text(key, value)
		case "v":
			if value.Kind() != 'n' {
				form, err = strconv.ParseUint(string(value), 10, 32)
			}
		case "yanked":
			l.yanked = span{uint32(at), uint32(at + len(value))}
			switch value.Kind() {
			case 't':
				l.Yanked = true
			case 'f', 'n':
			default:
				err = errors.New("its yanked is neither true nor false")
			}
		}
		if err != nil {
			blame(err)
		}
		return nil
	})
	if err != nil {
		return l, false, err
	}
	l.brace = uint32(brace)
	if !ValidVersion(l.Version) {
		blame(fmt.Errorf("%q cannot be a version", clip(l.Version, 60)))
	}
	if sum, err := hex.DecodeString(checksum); err != nil || len(sum) != 32 || checksum != strings.ToLower(checksum) {
		// Cargo compares the text, so capitals would never match either.
		blame(fmt.Errorf("the cksum of %s is no SHA-256 in lower-case hexadecimal", clip(l.Version, 60)))
	} else {
		l.Checksum = assay.NewDigest("sha256", sum)
	}
	if _, err := Name(l.Name); err != nil {
		return l, false, fmt.Errorf("it is about %q", clip(l.Name, maxName))
	}
	if broken != nil {
		if form > knownForm {
			return l, false, nil
		}
		return l, false, broken
	}
	// A date that cannot be read is none, and that is a fact with its own rule.
	if at, err := time.Parse(time.RFC3339, published); err == nil {
		l.Published = at.UTC()
	}
	return l, true, nil
}

// sort makes the look-up by version, and refuses two lines for one: Cargo
// would take the later, another reader the first.
func (x *Index) sort() error {
	x.sorted = make([]int32, len(x.Lines))
	for i := range x.sorted {
		x.sorted[i] = int32(i)
	}
	sort.Slice(x.sorted, func(i, j int) bool { return x.Lines[x.sorted[i]].Version < x.Lines[x.sorted[j]].Version })
	for i := 1; i < len(x.sorted); i++ {
		if v := x.Lines[x.sorted[i]].Version; v == x.Lines[x.sorted[i-1]].Version {
			return fmt.Errorf("it has two lines for %s", v)
		}
	}
	return nil
}

// Find returns the index of a version, or -1.
func (x *Index) Find(version string) int {
	at, ok := sort.Find(len(x.sorted), func(i int) int { return strings.Compare(version, x.Lines[x.sorted[i]].Version) })
	if !ok {
		return -1
	}
	return int(x.sorted[at])
}

// Spelling is the crate's name as its newest line has it.
func (x *Index) Spelling() string { return x.Lines[len(x.Lines)-1].Name }

// Bytes is roughly what the index holds in memory.
func (x *Index) Bytes() int64 {
	const perLine, perChecksum = 160, 80
	n := int64(256)
	for i := range x.Lines {
		n += perLine + perChecksum + int64(len(x.Lines[i].Version)+len(x.Lines[i].Links))
	}
	return n
}
