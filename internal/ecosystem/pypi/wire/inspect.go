package wire

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

// InspectLimits bound what reading a file that somebody publishes may cost.
type InspectLimits struct {
	Archive  archive.Limits
	Metadata int64 // bytes of METADATA or PKG-INFO
	Record   int64 // bytes of a wheel's RECORD
}

// DefaultInspectLimits fit all but the largest wheels that people publish.
func DefaultInspectLimits() InspectLimits {
	return InspectLimits{
		Archive:  archive.Limits{Packed: 256 << 20, Unpacked: 1 << 30, Entry: 512 << 20, Entries: 50_000},
		Metadata: 4 << 20, Record: 16 << 20,
	}
}

// Contents is what a published file holds, as far as it decides something.
type Contents struct {
	Metadata
	Raw []byte // METADATA or PKG-INFO, byte for byte
}

// Inspect reads a wheel or a source archive whose name was read before, for
// the project that it is published as. Errors are Invalid or TooLarge.
func Inspect(ctx context.Context, project, file string, content io.ReaderAt, size int64, limits InspectLimits) (*Contents, error) {
	var raw []byte
	var err error
	switch {
	case KindOf(file) == Wheel:
		raw, err = readWheel(ctx, project, file, content, size, limits)
	case strings.HasSuffix(file, ".tar.gz"):
		raw, err = readSource(ctx, content, size, limits, archive.WalkTarGz)
	case strings.HasSuffix(file, ".zip"):
		raw, err = readSource(ctx, content, size, limits, archive.WalkZip)
	default:
		err = assay.Errorf(assay.Invalid, "%s is neither a wheel (.whl) nor a source archive (.tar.gz, .zip): nothing else is taken", file)
	}
	if err != nil {
		return nil, err
	}
	m, err := ParseMetadata(raw)
	if err != nil {
		return nil, err
	}
	return &Contents{Metadata: *m, Raw: raw}, nil
}

// wheel is a wheel under inspection (the binary distribution format).
type wheel struct {
	limits   InspectLimits
	infoName string // the one .dist-info folder
	metadata []byte
	record   []byte
	marked   bool // it has the file WHEEL
	sums     map[string]fileSum
}

type fileSum struct {
	sum  [sha256.Size]byte
	size int64
}

// readWheel returns METADATA. Installers unpack a wheel over everything that
// is installed, so what it holds must be what it says: each file stands in
// RECORD with its digest, and RECORD names no other.
func readWheel(ctx context.Context, project, file string, content io.ReaderAt, size int64, limits InspectLimits) ([]byte, error) {
	w := &wheel{limits: limits, sums: map[string]fileSum{}}
	if err := archive.WalkZip(ctx, content, size, limits.Archive, w.entry); err != nil {
		return nil, err
	}
	if w.infoName == "" || w.metadata == nil || w.record == nil || !w.marked {
		return nil, assay.Errorf(assay.Invalid, "the wheel holds no .dist-info folder with METADATA, RECORD and WHEEL")
	}
	stem := strings.TrimSuffix(w.infoName, ".dist-info")
	version, ok := afterName(project, stem)
	if !ok || (Grammar{}).Compare(version, ParseFile(project, file).Version) != 0 {
		// pip looks for the folder by the file's name, others take any.
		return nil, assay.Errorf(assay.Invalid, "the wheel's folder %s is not that of %s", clip(w.infoName, 150), file)
	}
	return w.metadata, w.checkRecord()
}

func (w *wheel) entry(e *archive.Entry) error {
	switch e.Kind {
	case archive.Folder:
		return nil
	case archive.File:
	default:
		return assay.Errorf(assay.Invalid, "the wheel holds a %s, %q: installers unpack it as something else", e.Kind, clip(e.Name, 150))
	}
	var kept *[]byte
	most := w.limits.Metadata
	if folder, rest, ok := strings.Cut(e.Name, "/"); ok && strings.HasSuffix(strings.ToLower(folder), ".dist-info") {
		if w.infoName != "" && w.infoName != folder {
			return assay.Errorf(assay.Invalid, "the wheel holds two .dist-info folders, %s and %s: installers differ in which they read", clip(w.infoName, 100), clip(folder, 100))
		}
		w.infoName = folder
		switch rest {
		case "METADATA":
			kept = &w.metadata
		case "RECORD":
			kept, most = &w.record, w.limits.Record
		case "WHEEL":
			w.marked = true
		}
	}
	if kept != nil && e.Size > most {
		return assay.Errorf(assay.TooLarge, "%s in the wheel has %d bytes; the limit is %d", clip(e.Name, 150), e.Size, most)
	}
	hash := sha256.New()
	var copied bytes.Buffer
	to := io.Writer(hash)
	if kept != nil {
		to = io.MultiWriter(hash, &copied)
	}
	if _, err := io.Copy(to, e.Content); err != nil {
		return err
	}
	if kept != nil {
		*kept = append([]byte{}, copied.Bytes()...)
	}
	s := fileSum{size: e.Size}
	hash.Sum(s.sum[:0])
	w.sums[e.Name] = s
	return nil
}

// checkRecord holds the archive against RECORD, both ways.
func (w *wheel) checkRecord() error {
	bad := func(why, name string) error {
		return assay.Errorf(assay.Invalid, "the wheel's RECORD %s %q: build it again, and do not change a wheel by hand", why, clip(name, 150))
	}
	rows := csv.NewReader(bytes.NewReader(w.record))
	rows.FieldsPerRecord, rows.ReuseRecord = 3, true
	left := len(w.sums)
	seen := make(map[string]bool, len(w.sums))
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return assay.Wrap(assay.Invalid, err, "the wheel's RECORD is malformed")
		}
		name := row[0]
		held, ok := w.sums[name]
		switch {
		case !ok:
			return bad("names what is not in it:", name)
		case seen[name]:
			return bad("names twice", name)
		}
		seen[strings.Clone(name)] = true
		left--
		if w.unsigned(name) {
			continue
		}
		algorithm, value, _ := strings.Cut(row[1], "=")
		if algorithm != "sha256" {
			return bad("has no sha256 digest of", name)
		}
		sum, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(value, "="))
		if err != nil || !bytes.Equal(sum, held.sum[:]) || row[2] != "" && row[2] != strconv.FormatInt(held.size, 10) {
			return bad("gives another digest or size for", name)
		}
	}
	if left == 0 {
		return nil
	}
	for name := range w.sums {
		if !seen[name] && !w.unsigned(name) {
			return bad("does not name", name)
		}
	}
	return nil
}

// unsigned tells the files of which RECORD can give no digest: itself and the
// signatures over it.
func (w *wheel) unsigned(name string) bool {
	return name == w.infoName+"/RECORD" || name == w.infoName+"/RECORD.jws" || name == w.infoName+"/RECORD.p7s"
}

type walk func(ctx context.Context, r io.ReaderAt, size int64, limits archive.Limits, fn func(*archive.Entry) error) error

// readSource returns PKG-INFO of a source archive, which lies in its one top
// folder (PEP 625).
func readSource(ctx context.Context, content io.ReaderAt, size int64, limits InspectLimits, walk walk) ([]byte, error) {
	var raw []byte
	top := ""
	err := walk(ctx, content, size, limits.Archive, func(e *archive.Entry) error {
		folder, rest, below := strings.Cut(e.Name, "/")
		if top == "" {
			top = folder
		}
		switch {
		case folder != top:
			return assay.Errorf(assay.Invalid, "the archive holds %q and %q: a source archive has one top folder", clip(top, 100), clip(folder, 100))
		case e.Kind == archive.Symlink || e.Kind == archive.Hardlink:
			return assay.Errorf(assay.Invalid, "the archive holds a %s, %q: installers differ in what they make of it", e.Kind, clip(e.Name, 150))
		case e.Kind == archive.Folder:
			return nil
		case !below:
			return assay.Errorf(assay.Invalid, "the archive holds %q outside its top folder", clip(e.Name, 150))
		case rest != "PKG-INFO":
			return nil
		case e.Size > limits.Metadata:
			return assay.Errorf(assay.TooLarge, "PKG-INFO has %d bytes; the limit is %d", e.Size, limits.Metadata)
		}
		var err error
		raw, err = io.ReadAll(e.Content)
		return err
	})
	if err == nil && raw == nil {
		err = assay.Errorf(assay.Invalid, "the archive holds no PKG-INFO in its top folder: build it with python -m build")
	}
	return raw, err
}
