package osv

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// reading is one collection being read.
type reading struct {
	ctx    context.Context
	limits Limits
	add    func(Record)
	report *Report
	bytes  int64
	files  int
	found  int
}

// errEnough ends a reading that has come to a limit of all.
var errEnough = errors.New("enough")

// ReadDir reads all files below a directory whose names say that they hold
// records: .json, .jsonl, .ndjson, .osv, each with .gz behind it or not, .zip,
// .tar.gz, .tgz and .tar. What is broken is noted in the report and passed
// over; an error is returned for what keeps everything from being read.
func ReadDir(ctx context.Context, dir fs.FS, limits Limits, report *Report, add func(Record)) error {
	r := &reading{ctx: ctx, limits: limits.withDefaults(), add: add, report: report}
	report.most = r.limits.Problems
	err := fs.WalkDir(dir, ".", func(name string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return assay.Wrap(assay.Canceled, context.Cause(ctx), "reading advisories was given up")
		}
		switch {
		case err != nil && name == ".":
			return err
		case err != nil:
			report.problem(name, err.Error())
			return nil
		case e.IsDir() && strings.HasPrefix(path.Base(name), ".") && name != ".":
			return fs.SkipDir // .git and the like
		case e.IsDir() || !e.Type().IsRegular() || sortOf(name) == "":
			return nil
		}
		f, err := dir.Open(name)
		if err != nil {
			report.problem(name, err.Error())
			return nil
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			report.problem(name, err.Error())
			return nil
		}
		return r.file(name, f, info.Size())
	})
	return r.ended(err)
}

// ReadFile reads one file or archive; its name says which.
func ReadFile(ctx context.Context, name string, f io.Reader, size int64, limits Limits, report *Report, add func(Record)) error {
	r := &reading{ctx: ctx, limits: limits.withDefaults(), add: add, report: report}
	report.most = r.limits.Problems
	return r.ended(r.file(name, f, size))
}

func (r *reading) ended(err error) error {
	if err == errEnough {
		return nil // the report says so
	}
	return err
}

// sortOf says what a file is by its name: "json", "lines", "zip", "tar", with
// "+gz"; "" for what holds no records.
func sortOf(name string) string {
	name = strings.ToLower(path.Base(name))
	packed := ""
	if plain, ok := strings.CutSuffix(name, ".gz"); ok {
		name, packed = plain, "+gz"
	} else if plain, ok := strings.CutSuffix(name, ".tgz"); ok {
		name, packed = plain+".tar", "+gz"
	}
	switch path.Ext(name) {
	case ".json", ".osv":
		return "json" + packed
	case ".jsonl", ".ndjson":
		return "lines" + packed
	case ".tar":
		return "tar" + packed
	case ".zip":
		if packed == "" {
			return "zip"
		}
	}
	return ""
}

func (r *reading) file(name string, f io.Reader, size int64) error {
	r.files++
	if r.files > r.limits.Files {
		r.report.problem(name, fmt.Sprintf("more than %d files: this and what follows was left out", r.limits.Files))
		return errEnough
	}
	sort := sortOf(name)
	if plain, packed := strings.CutSuffix(sort, "+gz"); packed {
		z, err := gzip.NewReader(bufio.NewReader(f))
		if err != nil {
			r.report.problem(name, "not packed with gzip, as its name says: "+err.Error())
			return nil
		}
		f, sort = z, plain
	}
	counted := &counter{r: f, of: r}
	switch sort {
	case "lines":
		return r.note(name, r.lines(name, counted))
	case "json":
		return r.note(name, r.values(name, counted))
	case "tar":
		return r.note(name, r.tar(name, counted))
	case "zip":
		return r.zip(name, f, size)
	}
	r.report.problem(name, "its name does not say what it is: .json, .jsonl, .zip or .tar.gz")
	return nil
}

// note turns what went wrong inside one file into a problem of that file.
func (r *reading) note(name string, err error) error {
	if err == nil || err == errEnough || assay.Is(err, assay.Canceled) {
		return err
	}
	r.report.problem(name, "only a part could be read: "+err.Error())
	return nil
}

// counter bounds what is unpacked in all: an archive can be far smaller than
// what it holds.
type counter struct {
	r  io.Reader
	of *reading
}

func (c *counter) Read(p []byte) (int, error) {
	if err := c.of.ctx.Err(); err != nil {
		return 0, assay.Wrap(assay.Canceled, context.Cause(c.of.ctx), "reading advisories was given up")
	}
	// Nothing more is handed on once it is too much: who reads through buffers
	// asks again after an error.
	if c.of.bytes > c.of.limits.Total {
		return 0, assay.Errorf(assay.TooLarge, "more than %d bytes in all", c.of.limits.Total)
	}
	n, err := c.r.Read(p)
	c.of.bytes += int64(n)
	return n, err
}

// record reads one record and hands it on.
func (r *reading) record(where string, text []byte) error {
	rec, err := Parse(text, r.limits)
	if err != nil {
		r.report.problem(where, assay.PublicMessage(err))
		return nil
	}
	if r.found++; r.found > r.limits.Records {
		r.report.problem(where, fmt.Sprintf("more than %d records: this and what follows was left out", r.limits.Records))
		return errEnough
	}
	r.add(rec)
	return nil
}

func (r *reading) lines(name string, f io.Reader) error {
	b := bufio.NewReaderSize(f, 1<<20)
	for n := 1; ; n++ {
		line, tooLong, err := r.line(b)
		if err != nil && err != io.EOF {
			return err
		}
		where := fmt.Sprintf("%s, line %d", name, n)
		switch text := bytes.TrimSpace(line); {
		case tooLong:
			r.report.problem(where, fmt.Sprintf("the record has more than %d bytes", r.limits.Record))
		case len(text) > 0:
			if err := r.record(where, text); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// line reads a line, and passes over one that is too long.
func (r *reading) line(b *bufio.Reader) (line []byte, tooLong bool, err error) {
	for {
		part, err := b.ReadSlice('\n')
		if len(line)+len(part) > r.limits.Record {
			tooLong = true
		} else {
			line = append(line, part...)
		}
		if err != bufio.ErrBufferFull {
			return line, tooLong, err
		}
	}
}

// values reads a file of one record, of several one after the other, or of an
// array of them.
func (r *reading) values(name string, f io.Reader) error {
	d := jsontext.NewDecoder(bufio.NewReader(f), jsontext.AllowDuplicateNames(true)) // Parse refuses them, and names the record
	if d.PeekKind() == '[' {
		if _, err := d.ReadToken(); err != nil {
			return err
		}
	}
	for n := 1; ; n++ {
		switch d.PeekKind() {
		case ']':
			return nil
		case '{':
		default:
			_, err := d.ReadToken()
			if err == io.EOF {
				return nil
			}
			if err == nil {
				err = fmt.Errorf("a record is a JSON object")
			}
			return err
		}
		text, err := d.ReadValue()
		if err != nil {
			return err
		}
		if err := r.record(fmt.Sprintf("%s, record %d", name, n), slices.Clone(text)); err != nil {
			return err
		}
	}
}

func (r *reading) tar(name string, f io.Reader) error {
	t := tar.NewReader(bufio.NewReader(f))
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg || !inside(h.Name) {
			continue
		}
		if err := r.member(name+": "+h.Name, h.Name, t); err != nil {
			return err
		}
	}
}

// inside tells whether a member of an archive holds records. Archives in
// archives are not opened.
func inside(name string) bool {
	sort := sortOf(name)
	return strings.HasPrefix(sort, "json") || strings.HasPrefix(sort, "lines")
}

func (r *reading) member(where, name string, f io.Reader) error {
	r.files++
	if r.files > r.limits.Files {
		r.report.problem(where, fmt.Sprintf("more than %d files: this and what follows was left out", r.limits.Files))
		return errEnough
	}
	sort := sortOf(name)
	if plain, packed := strings.CutSuffix(sort, "+gz"); packed {
		z, err := gzip.NewReader(f)
		if err != nil {
			r.report.problem(where, "not packed with gzip, as its name says: "+err.Error())
			return nil
		}
		f, sort = &counter{r: z, of: r}, plain
	}
	if sort == "lines" {
		return r.note(where, r.lines(where, f))
	}
	return r.note(where, r.values(where, f))
}

func (r *reading) zip(name string, f io.Reader, size int64) error {
	at, ok := f.(io.ReaderAt)
	if !ok {
		r.report.problem(name, "a zip archive cannot be read as a stream")
		return nil
	}
	z, err := zip.NewReader(at, size)
	if err != nil {
		r.report.problem(name, "no sound zip archive: "+err.Error())
		return nil
	}
	for _, m := range z.File {
		if !m.Mode().IsRegular() || !inside(m.Name) {
			continue
		}
		where := name + ": " + m.Name
		in, err := m.Open()
		if err != nil {
			r.report.problem(where, err.Error())
			continue
		}
		err = r.member(where, m.Name, &counter{r: in, of: r})
		_ = in.Close() // read-only
		if err != nil {
			return err
		}
	}
	return nil
}
