package wire

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"assay.invalid/internal/assay"
)

// htmlPage reads a page in the HTML form (PEP 503).
type htmlPage struct {
	place  place
	limits Limits
	page   *Page
	each   func(*File) error
	files  int
	based  bool
	marked bool // the page calls itself one of an index
	opened bool // an html or body element is open
	closed bool
	links  int // to files
}

// scanHTML reads the page as a stream of tags. A page that is cut off could
// hide versions, and a page of something else (a login, a proxy's error) all
// of them, so both are refused.
func scanHTML(r io.Reader, project string, limits Limits, each func(*File) error) (*Page, error) {
	s := &htmlPage{place: newPlace(project), limits: limits, page: &Page{}, each: each}
	z := html.NewTokenizer(r)
	z.SetMaxBuf(int(limits.Text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); err != io.EOF {
				return nil, err
			}
			return s.page, s.sound()
		case html.StartTagToken, html.SelfClosingTagToken:
			if err := s.tag(z); err != nil {
				return nil, err
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if tag := string(name); tag == "html" || tag == "body" {
				s.closed = true
			}
		}
	}
}

func (s *htmlPage) sound() error {
	switch {
	case s.opened && !s.closed:
		return errors.New("it breaks off before its end")
	case !s.marked && s.links == 0:
		return errors.New("it is an HTML page, and not one of a package index: it has no file and does not say that it is one")
	}
	return nil
}

func (s *htmlPage) tag(z *html.Tokenizer) error {
	name, more := z.TagName()
	tag := string(name)
	switch tag {
	case "html", "body":
		s.opened = true
		return nil
	case "a", "base", "meta":
	default:
		return nil
	}
	attributes := map[string]string{}
	for n := 0; more; n++ {
		var key, value []byte
		key, value, more = z.TagAttr()
		if n >= 64 {
			return errors.New("one of its tags has more than 64 attributes")
		}
		// Browsers and installers take the first of two; so do we.
		if _, twice := attributes[string(key)]; !twice {
			attributes[string(key)] = string(value)
		}
	}
	switch tag {
	case "base":
		if href, ok := attributes["href"]; ok && !s.based {
			s.based = true
			return s.place.rebase(href)
		}
	case "meta":
		return s.meta(attributes["name"], attributes["content"])
	case "a":
		return s.anchor(attributes)
	}
	return nil
}

func (s *htmlPage) meta(name, content string) error {
	switch strings.ToLower(name) {
	case "pypi:repository-version":
		s.marked = true
		return checkAPI(content)
	case "pypi:project-status":
		s.page.Status.Word = content
	case "pypi:project-status-reason":
		s.page.Status.Reason = content
	}
	return nil
}

func (s *htmlPage) anchor(attributes map[string]string) error {
	href, ok := attributes["href"]
	if !ok {
		return nil
	}
	if len(href) > s.limits.URL {
		return fmt.Errorf("it has an address of more than %d bytes", s.limits.URL)
	}
	address, fragment, err := s.place.resolve(href)
	if err != nil {
		return nil // a link to something that is no file: mail, a script
	}
	f := File{URL: address, Size: -1}
	if f.Name = lastSegment(address); f.Name == "" {
		return nil
	}
	if _, _, known := cutSuffix(f.Name); !known {
		return nil // a link to a home page, to the page above
	}
	if s.files++; s.files > s.limits.Files {
		return fmt.Errorf("it has more than %d files", s.limits.Files)
	}
	s.links++
	if algorithm, value, ok := strings.Cut(fragment, "="); ok {
		d, err := digestOf(algorithm, value)
		if err != nil {
			return err
		}
		if d != "" {
			f.Digests = []assay.Digest{d}
		}
	}
	f.RequiresPython = attributes["data-requires-python"]
	f.YankedReason, f.Yanked = attributes["data-yanked"]
	said, ok := attributes["data-core-metadata"]
	if !ok {
		said, ok = attributes["data-dist-info-metadata"]
	}
	if ok && said != "false" {
		f.Metadata = true
		if algorithm, value, ok := strings.Cut(said, "="); ok {
			if f.MetadataDigest, err = digestOf(algorithm, value); err != nil {
				return err
			}
		}
	}
	if at := attributes["data-provenance"]; at != "" && len(at) <= s.limits.URL {
		if f.Provenance, _, err = s.place.resolve(at); err != nil {
			return err
		}
	}
	return s.each(&f)
}

// lastSegment is the decoded name behind an address's last slash.
func lastSegment(address string) string {
	path, _, _ := strings.Cut(address, "?")
	name, err := url.PathUnescape(path[strings.LastIndexByte(path, '/')+1:])
	if err != nil {
		return ""
	}
	return name
}
