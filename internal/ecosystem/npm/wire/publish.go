package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"assay.invalid/internal/assay"
)

// SentLimits bound what a client may send to publish or change a package.
type SentLimits struct {
	Tarball  int64 // bytes of the attachment, decoded
	Manifest int64 // bytes of one manifest, README, or other value
	Depth    int   // levels of nesting
	Keys     int64 // keys of all objects that are open at once
	Versions int
	Tags     int
}

// DefaultSentLimits hold the largest packages that people publish.
func DefaultSentLimits() SentLimits {
	return SentLimits{Tarball: 48 << 20, Manifest: 4 << 20, Depth: 64, Keys: 100_000, Versions: 20_000, Tags: 1_000}
}

// Sent is the document that npm sends with PUT: with an attachment to publish
// one version, without one to change what is said of those there are.
type Sent struct {
	Name       string
	Rev        string // its _rev, if it has one
	Tags       []Tag
	Versions   []SentVersion
	Attachment *Attachment // nil: nothing is published
}

// SentVersion is one version of it.
type SentVersion struct {
	Version    string
	Deprecated string // "" also where it is not said
	// Manifest is kept where the document has a single version.
	Manifest []byte
	Digests  []assay.Digest // those that dist promises
}

// Attachment is the tarball.
type Attachment struct {
	Name    string
	Content *Blob
}

// ReadSent reads the document that was sent for the package name. The tarball
// is decoded as it comes and held once. Errors are Invalid or TooLarge and
// written for the publisher; an error of r itself is wrapped in them.
func ReadSent(r io.Reader, name string, limits SentLimits) (*Sent, error) {
	lift := &lifter{r: r, limit: limits.Tarball}
	s := &sentReader{
		scanner: newScanner(lift, limits.Depth, limits.Manifest, limits.Keys),
		lift:    lift,
		limits:  limits,
		sent:    &Sent{Name: name},
		watch:   watch{names: []string{"name", "versions", "dist-tags", "_attachments", "_rev"}},
		length:  -1,
	}
	err := s.read()
	if err == nil {
		return s.sent, nil
	}
	var known *assay.Error
	if errors.As(err, &known) {
		return nil, known
	}
	return nil, assay.Wrap(assay.Invalid, err, "what was sent for %s cannot be taken: %s", name, brief(err))
}

type sentReader struct {
	*scanner
	lift   *lifter
	limits SentLimits
	sent   *Sent
	watch  watch
	named  bool
	length int64 // what the attachment says of itself, -1 for nothing
}

func (s *sentReader) read() error {
	if s.kind() != '{' {
		if _, err := s.d.ReadToken(); err != nil && err != io.EOF {
			return err
		}
		return errors.New("it is no JSON object")
	}
	if err := s.object(s.member); err != nil {
		return err
	}
	if err := s.end(); err != nil {
		return err
	}
	if !s.named {
		return errors.New("it names no package")
	}
	a := s.sent.Attachment
	switch {
	case a == nil && s.lift.blob != nil, a != nil && s.lift.blob == nil:
		return errors.New("its attachment has no data that can be found")
	case a == nil:
		return nil
	}
	a.Content = s.lift.blob
	return s.published()
}

// published checks what must hold of a document with an attachment.
func (s *sentReader) published() error {
	a := s.sent.Attachment
	if len(s.sent.Versions) != 1 {
		return fmt.Errorf("it has an attachment and %d versions: one version is published at a time", len(s.sent.Versions))
	}
	v := &s.sent.Versions[0]
	if full := s.sent.Name + "-" + v.Version + tarballSuffix; a.Name != full && a.Name != FileName(s.sent.Name, v.Version) {
		return fmt.Errorf("its attachment is called %q and must be called %q", clip(a.Name, 100), full)
	}
	if a.Content.Size() == 0 {
		return errors.New("its attachment is empty")
	}
	if s.length >= 0 && s.length != a.Content.Size() {
		return fmt.Errorf("its attachment has %d bytes and says that it has %d: it was cut or changed on the way", a.Content.Size(), s.length)
	}
	for _, tag := range s.sent.Tags {
		if err := NewTag(tag.Name); err != nil {
			return err
		}
		if tag.Version != v.Version {
			return fmt.Errorf("its dist-tag %q points at %q and not at the version that is published", clip(tag.Name, 60), clip(tag.Version, 60))
		}
	}
	return nil
}

func (s *sentReader) member(key []byte, _ int64) error {
	if err := s.watch.see(key); err != nil {
		return err
	}
	switch string(key) {
	case "name":
		name, ok, err := s.text()
		if err != nil {
			return err
		}
		// The address says which package this is for, and rights are judged
		// by it.
		if !ok || name != s.sent.Name {
			return fmt.Errorf("it is about %q, and was sent to the address of %q", clip(name, 100), s.sent.Name)
		}
		s.named = true
		return nil
	case "_rev":
		rev, _, err := s.text()
		s.sent.Rev = clip(rev, maxRev)
		return err
	case "dist-tags":
		return s.object(s.tag)
	case "versions":
		return s.object(s.version)
	case "_attachments":
		if s.kind() == 'n' {
			return s.skip()
		}
		return s.object(s.attachment)
	}
	return s.skip()
}

// maxRev is the length of a revision's name, in bytes, at the most.
const maxRev = 128

func (s *sentReader) tag(key []byte, _ int64) error {
	if len(s.sent.Tags) >= s.limits.Tags {
		return assay.Errorf(assay.TooLarge, "it has more than %d dist-tags", s.limits.Tags)
	}
	tag := Tag{Name: string(key)}
	version, ok, err := s.text()
	if err != nil {
		return err
	}
	if !ok || len(version) > maxVersion {
		return fmt.Errorf("its dist-tag %q is malformed", clip(tag.Name, 60))
	}
	tag.Version = version
	s.sent.Tags = append(s.sent.Tags, tag)
	return nil
}

func (s *sentReader) version(key []byte, _ int64) error {
	if len(s.sent.Versions) >= s.limits.Versions {
		return assay.Errorf(assay.TooLarge, "it has more than %d versions", s.limits.Versions)
	}
	v := SentVersion{Version: string(key)}
	if !validVersionKey(v.Version) {
		return fmt.Errorf("its version %q is malformed", clip(v.Version, 60))
	}
	if s.kind() != '{' {
		return fmt.Errorf("its version %s has no manifest", v.Version)
	}
	raw, err := s.d.ReadValue()
	if err != nil {
		return err
	}
	if int64(len(raw)) > s.limits.Manifest {
		return assay.Errorf(assay.TooLarge, "the manifest of %s is larger than %d bytes", v.Version, s.limits.Manifest)
	}
	if err := v.read(s.sent.Name, raw, s.limits); err != nil {
		return fmt.Errorf("the manifest of %s is refused: %w", v.Version, err)
	}
	if len(s.sent.Versions) == 0 {
		v.Manifest = bytes.Clone(raw)
	} else {
		s.sent.Versions[0].Manifest = nil // only a single one is published
	}
	s.sent.Versions = append(s.sent.Versions, v)
	return nil
}

// read takes out of a manifest what decides something.
func (v *SentVersion) read(name string, raw []byte, limits SentLimits) error {
	s := newScanner(bytes.NewReader(raw), limits.Depth, int64(len(raw))+1, limits.Keys)
	seen := watch{names: manifestKeys}
	said := [2]bool{}
	err := s.object(func(key []byte, _ int64) error {
		if err := seen.see(key); err != nil {
			return err
		}
		switch string(key) {
		case "name":
			text, ok, err := s.text()
			if err == nil && (!ok || text != name) {
				err = fmt.Errorf("it says that it is of %q", clip(text, 100))
			}
			said[0] = true
			return err
		case "version":
			text, ok, err := s.text()
			if err == nil && (!ok || text != v.Version) {
				err = fmt.Errorf("it says that it is version %q", clip(text, 60))
			}
			said[1] = true
			return err
		case "deprecated":
			text, _, err := s.text()
			v.Deprecated = text
			return err
		case "dist":
			if s.kind() != '{' {
				return s.skip()
			}
			return v.readDist(s)
		case "__proto__":
			return errors.New("it has the key __proto__, which changes what programs see in it")
		}
		return s.skip()
	})
	if err == nil && !(said[0] && said[1]) {
		err = errors.New("it does not say its name and version")
	}
	return err
}

func (v *SentVersion) readDist(s *scanner) error {
	seen := watch{names: distKeys}
	return s.object(func(key []byte, _ int64) error {
		if err := seen.see(key); err != nil {
			return err
		}
		read := integrityDigest
		switch string(key) {
		case "integrity":
		case "shasum":
			read = shasumDigest
		default:
			return s.skip()
		}
		what := string(key)
		text, ok, err := s.text()
		if err != nil || !ok || text == "" {
			return err
		}
		d := read(text)
		if d == "" {
			return fmt.Errorf("its %s is no digest", what)
		}
		v.Digests = append(v.Digests, d)
		return nil
	})
}

func (s *sentReader) attachment(key []byte, _ int64) error {
	if s.sent.Attachment != nil {
		if strings.HasSuffix(string(key), ".sigstore") || strings.HasSuffix(s.sent.Attachment.Name, ".sigstore") {
			return errors.New("it carries a provenance bundle, and Assay does not keep those: publish without --provenance")
		}
		return errors.New("it has more than one attachment: a version is one tarball")
	}
	s.sent.Attachment = &Attachment{Name: string(key)}
	dataSeen := false
	err := s.object(func(key []byte, _ int64) error {
		switch string(key) {
		case "data":
			text, ok, err := s.text()
			if err != nil {
				return err
			}
			if !ok || text != "" {
				return errors.New("the attachment's data is not where it can be read")
			}
			dataSeen = true
			return nil
		case "length":
			if s.kind() != '0' {
				return errors.New("the attachment's length is no number")
			}
			raw, err := s.d.ReadValue()
			if err != nil {
				return err
			}
			if s.length, err = strconv.ParseInt(string(raw), 10, 64); err != nil || s.length < 0 {
				return errors.New("the attachment's length is no whole number")
			}
			return nil
		}
		return s.skip()
	})
	if err == nil && !dataSeen {
		err = errors.New("the attachment has no data")
	}
	return err
}
