package content

import (
	"context"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

// Scanner looks into files. It keeps nothing between scans and may be used by
// many goroutines.
type Scanner struct {
	limits   Limits
	dialects dialects
	room     chan struct{} // one place for each scan that may run
}

// New makes a scanner within limits.
func New(limits Limits) *Scanner {
	limits = limits.withDefaults()
	return &Scanner{limits: limits, dialects: newDialects(), room: make(chan struct{}, limits.AtOnce)}
}

// Before is the same sort of file of the version before, to compare with.
type Before struct {
	Version string
	Content io.ReaderAt
	Size    int64
}

// Scan looks into one file of a version: its coordinate names ecosystem,
// package, version and file. before may be nil; then nothing is compared. A
// file that is no archive by its name, as a POM, holds nothing that is looked
// for.
//
// Errors are Canceled when ctx has ended, and Internal when the bytes cannot
// be read.
func (s *Scanner) Scan(ctx context.Context, file assay.Coordinate, content io.ReaderAt, size int64, before *Before) ([]assay.Signal, error) {
	if !expectsArchive(file) {
		return nil, nil
	}
	select {
	case s.room <- struct{}{}:
		defer func() { <-s.room }()
	case <-ctx.Done():
		return nil, assay.Wrap(assay.Canceled, context.Cause(ctx), "the scan of a file was given up")
	}
	within, cancel := context.WithTimeoutCause(ctx, s.limits.Time, errSlow)
	defer cancel()
	c := s.collector(file, false)
	err := c.walk(within, content, size)
	if err == nil {
		if c.wanted = c.unread(); len(c.wanted) > 0 {
			err = c.walk(within, content, size)
		}
	}
	if err != nil {
		if err := s.fatal(ctx, err); err != nil {
			return nil, err
		}
		c.incomplete(file.File, c.whyIncomplete(within, err))
	}
	c.judgeBinaries()
	c.judgeInstall()
	if before != nil {
		old := s.collector(file, true)
		old.text, old.mask = c.text, c.mask
		if err := old.walk(within, before.Content, before.Size); err != nil {
			if err := s.fatal(ctx, err); err != nil {
				return nil, err
			}
			c.incomplete(file.File, "the version before, "+before.Version+", could not be read to compare with: "+old.whyIncomplete(within, err))
		} else {
			c.compareWith(old, before.Version)
		}
	}
	return ranked(c.signals, s.limits.Signals), nil
}

var errSlow = errors.New("the scan took too long")

// fatal is the error that ends a scan without an answer; nil for those that
// the file itself is the cause of.
func (s *Scanner) fatal(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return assay.Wrap(assay.Canceled, context.Cause(ctx), "the scan of a file was given up")
	case assay.Is(err, assay.Internal):
		return err
	}
	return nil
}

func (c *collector) whyIncomplete(within context.Context, err error) string {
	if within.Err() != nil {
		return "it could not be read within " + c.limits.Time.String()
	}
	return assay.PublicMessage(err)
}

func (s *Scanner) collector(file assay.Coordinate, compare bool) *collector {
	return &collector{
		limits: s.limits, dialects: &s.dialects, file: file, form: formOfPackage(file), compare: compare, left: s.limits.Texts,
		profiles: map[string]*profile{}, languages: map[string]language{}, seen: map[string]bool{},
	}
}

// expectsArchive tells whether a file is an archive to those who install it.
func expectsArchive(file assay.Coordinate) bool {
	name := strings.ToLower(file.File)
	switch file.Ecosystem {
	case assay.Golang:
		return name == "" || strings.HasSuffix(name, ".zip")
	case assay.PyPI:
		switch path.Ext(name) {
		case ".metadata", ".asc", ".provenance", ".sig":
			return false
		}
	case assay.Maven:
		switch path.Ext(name) {
		case ".jar", ".war", ".ear", ".aar", ".zip", ".gz", ".tgz":
			return true
		}
		return false
	}
	return true
}

func formOfPackage(file assay.Coordinate) packageForm {
	switch strings.ToLower(path.Ext(file.File)) {
	case ".whl", ".egg", ".jar", ".war", ".ear", ".aar":
		return builtPackage
	}
	return sourcePackage
}

// walk reads all entries. The form of the archive is told by its first bytes:
// its name is the publisher's word.
func (c *collector) walk(ctx context.Context, content io.ReaderAt, size int64) error {
	var magic [2]byte
	if n, err := content.ReadAt(magic[:], 0); n < 2 {
		if err != nil && err != io.EOF {
			return assay.Wrap(assay.Internal, err, "the file cannot be read")
		}
		return assay.Errorf(assay.Invalid, "it is too short for an archive")
	}
	visit := func(e *archive.Entry) error {
		if ctx.Err() != nil {
			return assay.Wrap(assay.Canceled, context.Cause(ctx), "reading the archive was given up")
		}
		return c.entry(e)
	}
	switch string(magic[:]) {
	case "\x1f\x8b":
		return archive.WalkTarGz(ctx, content, size, c.limits.Archive, visit)
	case "PK":
		return archive.WalkZip(ctx, content, size, c.limits.Archive, visit)
	}
	return assay.Errorf(assay.Invalid, "it is neither a gzipped tar nor a zip; other archives are not read")
}

// judgeBinaries tells of each disguised program, and of the first of the
// others how many there are.
func (c *collector) judgeBinaries() {
	var first binaryFound
	n := 0
	for _, b := range c.binaries {
		switch {
		case disguised(b.name):
			c.signal(DisguisedBinary, b.name, 0, b.is+" named like a text or an image")
		case c.form == sourcePackage && c.file.Ecosystem != assay.Maven && !c.expectsBinary(b.name):
			if n++; n == 1 || b.name < first.name {
				first = b
			}
		}
	}
	switch n {
	case 0:
	case 1:
		c.signal(BinaryInSource, first.name, 0, first.is)
	default:
		c.signal(BinaryInSource, first.name, 0, first.is+", the first of "+strconv.Itoa(n))
	}
}

// compareWith says what is new since the version before.
func (c *collector) compareWith(old *collector, version string) {
	now, file := c.runsAtInstall()
	if was, _ := old.runsAtInstall(); len(now) > 0 && len(was) == 0 {
		line := 0
		if c.file.Ecosystem == assay.NPM {
			line = c.npm.scriptLine(now[0])
			if now[0] == "binding.gyp" {
				file, line = now[0], 0
			}
		}
		c.signal(NewInstallScript, file, line, strings.Join(now, ", ")+"; version "+version+" ran nothing")
	}
	// Where a part of the old version was not read, nothing can be said to be
	// new.
	if c.network.file != "" && old.network.file == "" && len(old.signals) == 0 {
		c.signal(NewNetworkCall, c.network.file, c.network.line, c.network.what+" (line "+strconv.Itoa(c.network.line)+"); version "+version+" had nothing of the kind")
	}
}
