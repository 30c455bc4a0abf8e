package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// Edits are the differences between the upstream's document and what is
// written.
type Edits struct {
	// Base is the address of the place, ending in a slash; tarballs are
	// served below it.
	Base string
	// Denied tells which versions are left out.
	Denied func(i int) bool
	// Deprecated returns the text to put into a version's deprecated field,
	// or "" to leave the field as it is.
	Deprecated func(i int) string
	// Restrictions is the message that npm shows to who asks for a version
	// that was left out.
	Restrictions string
}

// errChanged says that the document is not the one that was indexed.
var errChanged = assay.Errorf(assay.Internal, "the kept document is not the one that was read")

// WriteFull writes the full document.
func (p *Packument) WriteFull(w io.Writer, document io.ReaderAt, size int64, e Edits) error {
	c, err := p.copier(w, document, size)
	if err != nil {
		return err
	}
	c.text("{")
	list := lister{c: c}
	for _, s := range p.sections {
		list.next()
		switch s.kind {
		case sectionCopied:
			c.span(s.span)
		case sectionTags:
			c.text(`"dist-tags":`)
			c.tags(p.RepairedTags(e.Denied))
		case sectionVersions:
			c.text(`"versions":{`)
			versions := lister{c: c}
			for i := range p.Versions {
				if !e.Denied(i) {
					versions.next()
					v := &p.Versions[i]
					c.patched(v.entry, p.patches(i, e))
				}
			}
			c.text("}")
		case sectionTimes:
			c.text(`"time":{`)
			times := lister{c: c}
			for _, t := range p.times {
				if t.version < 0 || !e.Denied(int(t.version)) {
					times.next()
					c.span(t.span)
				}
			}
			c.text("}")
		}
	}
	p.restrictions(c, &list, e)
	c.text("}")
	return c.finish()
}

// abbreviated are the fields of a manifest in the abbreviated document, apart
// from hasInstallScript, which is worked out.
var abbreviated = map[string]bool{
	"name": true, "version": true, "deprecated": true, "dependencies": true, "optionalDependencies": true,
	"devDependencies": true, "bundleDependencies": true, "bundledDependencies": true, "peerDependencies": true,
	"peerDependenciesMeta": true, "acceptDependencies": true, "bin": true, "directories": true, "dist": true,
	"engines": true, "_hasShrinkwrap": true, "cpu": true, "os": true, "libc": true, "funding": true,
}

// WriteAbbreviated writes the abbreviated document
// (application/vnd.npm.install-v1+json). modified is used where the document
// gives no date of its last change; "" leaves the field out.
func (p *Packument) WriteAbbreviated(w io.Writer, document io.ReaderAt, size int64, modified string, e Edits) error {
	c, err := p.copier(w, document, size)
	if err != nil {
		return err
	}
	c.text(`{"name":`)
	c.quote(p.Name)
	if p.Modified != "" {
		modified = p.Modified
	}
	if modified != "" {
		c.text(`,"modified":`)
		c.quote(modified)
	}
	c.text(`,"dist-tags":`)
	c.tags(p.RepairedTags(e.Denied))
	c.text(`,"versions":{`)
	versions := lister{c: c}
	for i := range p.Versions {
		if e.Denied(i) {
			continue
		}
		versions.next()
		c.quote(p.Versions[i].Version)
		c.text(":")
		p.abbreviate(c, i, p.patches(i, e))
	}
	c.text("}")
	p.restrictions(c, &lister{c: c, more: true}, e)
	c.text("}")
	return c.finish()
}

// abbreviate writes the abbreviated manifest of one version.
func (p *Packument) abbreviate(c *copier, i int, patches []patch) {
	v := &p.Versions[i]
	raw := c.hold(span{v.manifest, v.entry.end})
	if raw == nil {
		return
	}
	c.text("{")
	list := lister{c: c}
	// An inserted deprecation belongs to no member.
	if len(patches) > 0 && patches[0].insert {
		list.next()
		c.text(patches[0].text)
		patches = patches[1:]
	}
	// Duplicates were refused when the document was read.
	s := &scanner{depth: 1 << 16}
	s.d = jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	err := s.object(func(key []byte, at int64) error {
		keep := abbreviated[string(key)]
		if _, err := s.d.ReadValue(); err != nil {
			return err
		}
		if keep {
			list.next()
			c.patched(span{v.manifest + uint32(at), v.manifest + uint32(s.offset())}, patches)
		}
		return nil
	})
	if err != nil {
		c.fail(errChanged)
		return
	}
	if v.InstallScripts == assay.Yes {
		list.next()
		c.text(`"hasInstallScript":true`)
	}
	c.text("}")
}

// WriteTags writes the repaired dist-tags as an object.
func (p *Packument) WriteTags(w io.Writer, e Edits) error {
	c := &copier{w: bufio.NewWriter(w)}
	c.tags(p.RepairedTags(e.Denied))
	return c.finish()
}

// WriteManifest writes the manifest of one version, which must not be denied.
func (p *Packument) WriteManifest(w io.Writer, document io.ReaderAt, size int64, i int, e Edits) error {
	c, err := p.copier(w, document, size)
	if err != nil {
		return err
	}
	v := &p.Versions[i]
	c.patched(span{v.manifest, v.entry.end}, p.patches(i, e))
	return c.finish()
}

// restrictions writes policyRestrictions, which npm-pick-manifest reads: a
// version named in it and asked for is refused with the message. npm looks at
// nothing of the entry but its version.
func (p *Packument) restrictions(c *copier, list *lister, e Edits) {
	first := true
	entries := lister{c: c}
	for i := range p.Versions {
		if !e.Denied(i) {
			continue
		}
		if first {
			list.next()
			c.text(`"policyRestrictions":{"message":`)
			c.quote(e.Restrictions)
			c.text(`,"versions":{`)
			first = false
		}
		entries.next()
		version := p.Versions[i].Version
		c.quote(version)
		c.text(`:{"name":`)
		c.quote(p.Name)
		c.text(`,"version":`)
		c.quote(version)
		c.text("}")
	}
	if !first {
		c.text("}}")
	}
}

// patch replaces a run of the document by text; an insertion replaces an
// empty run and brings its own comma's worth of member.
type patch struct {
	span   span
	text   string
	insert bool
}

// patches are the edits inside one version's manifest, in document order.
func (p *Packument) patches(i int, e Edits) []patch {
	v := &p.Versions[i]
	var all []patch
	if text := e.Deprecated(i); text != "" {
		quoted := quote(text)
		if v.deprecated.empty() {
			// A manifest is never empty: it says its version.
			at := v.manifest + 1
			all = append(all, patch{span: span{at, at}, text: `"deprecated":` + quoted, insert: true})
		} else {
			all = append(all, patch{span: v.deprecated, text: quoted})
		}
	}
	if !v.tarball.empty() {
		all = append(all, patch{span: v.tarball, text: quote(TarballURL(e.Base, p.Name, v.Version))})
	}
	slices.SortFunc(all, func(a, b patch) int { return int(int64(a.span.start) - int64(b.span.start)) })
	return all
}

func quote(s string) string {
	// The only error is text that is not UTF-8, and b has it mended.
	b, _ := jsontext.AppendQuote(nil, s)
	return string(b)
}

// copier writes pieces of a document and text between them. The first error
// sticks.
type copier struct {
	w    *bufio.Writer
	doc  io.ReaderAt
	size int64
	buf  []byte
	held []byte
	err  error
}

func (p *Packument) copier(w io.Writer, document io.ReaderAt, size int64) (*copier, error) {
	if size != p.size {
		return nil, errChanged
	}
	return &copier{w: bufio.NewWriterSize(w, 64<<10), doc: document, size: size, buf: make([]byte, 32<<10)}, nil
}

func (c *copier) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *copier) text(s string) {
	if c.err == nil {
		_, c.err = c.w.WriteString(s)
	}
}

func (c *copier) quote(s string) { c.text(quote(s)) }

// span copies a run of the document without holding it.
func (c *copier) span(s span) {
	for at := s.start; c.err == nil && at < s.end; {
		n := min(len(c.buf), int(s.end-at))
		if !c.read(c.buf[:n], int64(at)) {
			return
		}
		_, c.err = c.w.Write(c.buf[:n])
		at += uint32(n)
	}
}

// patched copies a run of the document with the patches that lie inside it.
func (c *copier) patched(s span, patches []patch) {
	at := s.start
	for _, p := range patches {
		if p.span.start < at || p.span.end > s.end {
			continue
		}
		c.span(span{at, p.span.start})
		c.text(p.text)
		if p.insert {
			c.text(",")
		}
		at = p.span.end
	}
	c.span(span{at, s.end})
}

// hold reads one run of the document into memory: a manifest at a time. The
// result is valid until the next call.
func (c *copier) hold(s span) []byte {
	n := int(s.end - s.start)
	if cap(c.held) < n {
		c.held = make([]byte, n)
	}
	c.held = c.held[:n]
	if c.err != nil || !c.read(c.held, int64(s.start)) {
		return nil
	}
	return c.held
}

func (c *copier) read(b []byte, at int64) bool {
	n, err := c.doc.ReadAt(b, at)
	if n < len(b) {
		if err == nil || errors.Is(err, io.EOF) {
			err = errChanged
		}
		c.fail(err)
		return false
	}
	return true
}

func (c *copier) tags(tags []Tag) {
	c.text("{")
	list := lister{c: c}
	for _, t := range tags {
		list.next()
		c.quote(t.Name)
		c.text(":")
		c.quote(t.Version)
	}
	c.text("}")
}

func (c *copier) finish() error {
	if c.err != nil {
		return c.err
	}
	return c.w.Flush()
}

// lister puts commas between the members of an object.
type lister struct {
	c    *copier
	more bool
}

func (l *lister) next() {
	if l.more {
		l.c.text(",")
	}
	l.more = true
}
