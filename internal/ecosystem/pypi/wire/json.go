package wire

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// reader reads one JSON document as a stream. Keys are compared as they are
// written, and a key that stands twice in one object is refused: another
// reader would take the other.
type reader struct {
	d     *jsontext.Decoder
	depth int
}

// newReader bounds nesting and the bytes of a single value.
func newReader(r io.Reader, depth int, value int64) *reader {
	g := &guard{r: r, value: value}
	g.d = jsontext.NewDecoder(g)
	return &reader{g.d, depth}
}

// guard ends a document when the decoder has to hold too much of it at once.
type guard struct {
	r     io.Reader
	d     *jsontext.Decoder
	value int64
	total int64
}

func (g *guard) Read(p []byte) (int, error) {
	room := g.value - (g.total - g.d.InputOffset())
	if room < 0 {
		return 0, fmt.Errorf("one of its values is longer than %d bytes", g.value)
	}
	n, err := g.r.Read(p[:min(int64(len(p)), room+1)])
	g.total += int64(n)
	return n, err
}

// maxKeys bounds the keys of one object: each is remembered until its object
// ends.
const maxKeys = 1000

// object reads an object and calls member for each key; member consumes the
// value.
func (s *reader) object(member func(key string) error) error {
	if err := s.open('{'); err != nil {
		return err
	}
	for n := 0; s.d.PeekKind() != '}'; n++ {
		key, err := s.d.ReadToken()
		if err != nil {
			return err
		}
		if n >= maxKeys {
			return fmt.Errorf("it has an object with more than %d keys", maxKeys)
		}
		if err := member(key.String()); err != nil {
			return err
		}
	}
	_, err := s.d.ReadToken()
	return err
}

// array reads an array and calls element before each of its values.
func (s *reader) array(element func() error) error {
	if err := s.open('['); err != nil {
		return err
	}
	for s.d.PeekKind() != ']' {
		if err := element(); err != nil {
			return err
		}
	}
	_, err := s.d.ReadToken()
	return err
}

func (s *reader) open(want jsontext.Kind) error {
	token, err := s.d.ReadToken()
	if err != nil {
		return err
	}
	if token.Kind() != want {
		return fmt.Errorf("a JSON %s stands where %q must begin", token.Kind(), want)
	}
	return s.deep()
}

func (s *reader) deep() error {
	if s.d.StackDepth() > s.depth {
		return fmt.Errorf("it is nested deeper than %d levels", s.depth)
	}
	return nil
}

// text reads a string, or null as "".
func (s *reader) text() (string, error) {
	token, err := s.d.ReadToken()
	if err != nil {
		return "", err
	}
	switch token.Kind() {
	case '"':
		return token.String(), nil
	case 'n':
		return "", nil
	}
	return "", fmt.Errorf("a JSON %s stands where a text must be", token.Kind())
}

// skip reads a value of any kind.
func (s *reader) skip() error {
	base := s.d.StackDepth()
	for {
		if _, err := s.d.ReadToken(); err != nil {
			return err
		}
		if err := s.deep(); err != nil {
			return err
		}
		if s.d.StackDepth() == base {
			return nil
		}
		if _, n := s.d.StackIndex(s.d.StackDepth()); n > 2*maxKeys && s.inObject() {
			return fmt.Errorf("it has an object with more than %d keys", maxKeys)
		}
	}
}

func (s *reader) inObject() bool {
	kind, _ := s.d.StackIndex(s.d.StackDepth())
	return kind == '{'
}

// end checks that nothing follows the document.
func (s *reader) end() error {
	switch _, err := s.d.ReadToken(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return err
	}
	return errors.New("something follows the JSON document")
}

// jsonPage reads a page in the JSON form (PEP 691).
type jsonPage struct {
	*reader
	project string
	place   place
	limits  Limits
	page    *Page
	each    func(*File) error
	files   int
	seen    struct{ meta, name, files bool }
}

func scanJSON(r io.Reader, project string, limits Limits, each func(*File) error) (*Page, error) {
	s := &jsonPage{reader: newReader(r, limits.Depth, limits.Text), project: project, place: newPlace(project), limits: limits, page: &Page{}, each: each}
	if err := s.object(s.member); err != nil {
		return nil, err
	}
	if err := s.end(); err != nil {
		return nil, err
	}
	if !s.seen.meta || !s.seen.name || !s.seen.files {
		return nil, errors.New("it lacks meta, name or files, which every JSON page of an index has")
	}
	return s.page, nil
}

func (s *jsonPage) member(key string) error {
	switch key {
	case "meta":
		s.seen.meta = true
		return s.meta()
	case "name":
		s.seen.name = true
		name, err := s.text()
		if err == nil && normalise(name) != s.project {
			err = fmt.Errorf("it is about %q", clip(name, 100))
		}
		return err
	case "files":
		s.seen.files = true
		return s.array(s.file)
	case "project-status":
		return s.status()
	}
	return s.skip()
}

// meta refuses a page of another major version, as the specification asks of
// every client (PEP 629).
func (s *jsonPage) meta() error {
	said := false
	err := s.object(func(key string) error {
		if key != "api-version" {
			return s.skip()
		}
		said = true
		text, err := s.text()
		if err == nil {
			err = checkAPI(text)
		}
		return err
	})
	if err == nil && !said {
		err = errors.New("its meta does not say the api-version")
	}
	return err
}

func checkAPI(text string) error {
	if major, _, _ := strings.Cut(text, "."); major != "1" {
		return fmt.Errorf("it is written in version %q of the format, and Assay reads version 1", clip(text, 20))
	}
	return nil
}

func (s *jsonPage) status() error {
	if s.d.PeekKind() != '{' {
		return s.skip()
	}
	return s.object(func(key string) (err error) {
		switch key {
		case "status":
			s.page.Status.Word, err = s.text()
		case "reason":
			s.page.Status.Reason, err = s.text()
		default:
			err = s.skip()
		}
		return err
	})
}

func (s *jsonPage) file() error {
	if s.files++; s.files > s.limits.Files {
		return fmt.Errorf("it has more than %d files", s.limits.Files)
	}
	f := File{Size: -1}
	coreSaid := false
	err := s.object(func(key string) (err error) {
		switch key {
		case "filename":
			f.Name, err = s.text()
		case "url":
			f.URL, err = s.address()
		case "hashes":
			f.Digests, err = s.hashes()
		case "requires-python":
			f.RequiresPython, err = s.text()
		case "size":
			f.Size, err = s.size()
		case "upload-time":
			f.Uploaded, err = s.time()
		case "yanked":
			f.Yanked, f.YankedReason, err = s.yanked()
		case "core-metadata":
			coreSaid = true
			f.Metadata, f.MetadataDigest, err = s.metadata()
		case "dist-info-metadata": // the same under its first name (PEP 714)
			if coreSaid {
				return s.skip()
			}
			f.Metadata, f.MetadataDigest, err = s.metadata()
		case "provenance":
			if s.d.PeekKind() != '"' {
				return s.skip()
			}
			f.Provenance, err = s.address()
		default:
			err = s.skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	if f.Name == "" || f.URL == "" {
		return errors.New("one of its files has no filename or no url")
	}
	return s.each(&f)
}

func (s *jsonPage) address() (string, error) {
	text, err := s.text()
	if err != nil {
		return "", err
	}
	if len(text) > s.limits.URL {
		return "", fmt.Errorf("it has an address of more than %d bytes", s.limits.URL)
	}
	address, _, err := s.place.resolve(text)
	return address, err
}

// hashes reads digests by their algorithms' names. Those that Assay does not
// know are left out; one that it knows and that is malformed is refused,
// because leaving it out would leave the file unchecked.
func (s *jsonPage) hashes() ([]assay.Digest, error) {
	var digests []assay.Digest
	err := s.object(func(algorithm string) error {
		value, err := s.text()
		if err != nil {
			return err
		}
		d, err := digestOf(algorithm, value)
		if d != "" {
			digests = append(digests, d)
		}
		return err
	})
	return strongestFirst(digests), err
}

func digestOf(algorithm, value string) (assay.Digest, error) {
	algorithm = strings.ToLower(algorithm)
	switch algorithm {
	case "sha512", "sha384", "sha256", "sha1", "md5":
		d, err := assay.ParseDigest(algorithm + ":" + value)
		if err != nil {
			return "", fmt.Errorf("one of its %s hashes is malformed", algorithm)
		}
		return d, nil
	}
	return "", nil
}

// strongestFirst moves the strongest digest to the front.
func strongestFirst(digests []assay.Digest) []assay.Digest {
	best := assay.Strongest(digests)
	for i, d := range digests {
		if d == best {
			digests[0], digests[i] = digests[i], digests[0]
			break
		}
	}
	return digests
}

func (s *jsonPage) size() (int64, error) {
	if s.d.PeekKind() != '0' {
		return -1, s.skip()
	}
	raw, err := s.d.ReadValue()
	if err != nil {
		return -1, err
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < 0 {
		return -1, nil // it says nothing that could be a size
	}
	return n, nil
}

// time reads an upload-time (PEP 700). One that is malformed would leave its
// file undated, which nobody would notice.
func (s *jsonPage) time() (time.Time, error) {
	text, err := s.text()
	if err != nil || text == "" {
		return time.Time{}, err
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("one of its files has the upload-time %q, which is no time", clip(text, 60))
}

// yanked is a boolean or the reason (PEP 592).
func (s *jsonPage) yanked() (bool, string, error) {
	token, err := s.d.ReadToken()
	if err != nil {
		return false, "", err
	}
	switch token.Kind() {
	case 't':
		return true, "", nil
	case 'f', 'n':
		return false, "", nil
	case '"':
		return true, token.String(), nil
	}
	return false, "", errors.New("one of its files says of yanked what is no answer")
}

// metadata is a boolean or an object of hashes (PEP 658, PEP 714).
func (s *jsonPage) metadata() (bool, assay.Digest, error) {
	switch s.d.PeekKind() {
	case '{':
		digests, err := s.hashes()
		return true, assay.Strongest(digests), err
	case 't':
		return true, "", s.skip()
	}
	return false, "", s.skip()
}
