package wire

import (
	"bufio"
	"html"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// The media types of the simple API (PEP 691).
const (
	MediaJSON = "application/vnd.pypi.simple.v1+json"
	MediaHTML = "application/vnd.pypi.simple.v1+html"
	MediaText = "text/html; charset=utf-8"
)

// Edits are what a rendering changes of a page.
type Edits struct {
	Base string // address of the place, ending in a slash
	// Yanked returns why a file must not be chosen; "" leaves the file to
	// what its author says of it. date is the file's own, or zero.
	Yanked func(version int, date time.Time) string
}

// apiFull is the version of the format with everything that Assay writes;
// apiBare is the one that does not demand a size of every file (PEP 700 does).
const (
	apiFull = "1.4"
	apiBare = "1.0"
)

func (x *Index) api() string {
	if x.sized {
		return apiFull
	}
	return apiBare
}

// FileURL is the address under which the place at base serves a file. It
// stays as it is for ever, because lock files hold it: nothing that could
// change, a digest or the upstream's own path, is part of it.
func FileURL(base, project, file string) string {
	return base + "files/" + project + "/" + url.PathEscape(file)
}

// ProvenanceURL is the address of a file's provenance (PEP 740).
func ProvenanceURL(base, project, version, file string) string {
	return base + "integrity/" + project + "/" + url.PathEscape(version) + "/" + url.PathEscape(file) + "/provenance"
}

// UploadTime is how an upload-time is written (PEP 700).
func UploadTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// writer writes text; the first error sticks.
type writer struct {
	w       *bufio.Writer
	scratch []byte
	err     error
}

func newWriter(w io.Writer) *writer { return &writer{w: bufio.NewWriterSize(w, 32<<10)} }

func (w *writer) text(parts ...string) {
	for _, s := range parts {
		if w.err == nil {
			_, w.err = w.w.WriteString(s)
		}
	}
}

func (w *writer) quote(s string) {
	// The only error is text that is not UTF-8, and what is written for it is
	// mended.
	w.scratch, _ = jsontext.AppendQuote(w.scratch[:0], s)
	if w.err == nil {
		_, w.err = w.w.Write(w.scratch)
	}
}

func (w *writer) attribute(name, value string) {
	w.text(" ", name, `="`, html.EscapeString(value), `"`)
}

func (w *writer) finish(err error) error {
	if err != nil {
		return err
	}
	if w.err != nil {
		return w.err
	}
	return w.w.Flush()
}

// yanked joins what we say of a file with what its author says.
func (e Edits) yanked(f *File, entry *Entry) (reason string, yanked bool) {
	if ours := e.Yanked(int(entry.Version), entry.Uploaded()); ours != "" {
		return ours, true
	}
	return f.YankedReason, f.Yanked
}

// WriteJSON writes the page in the JSON form (PEP 691, PEP 700). All versions
// are named, those too whose files are marked as yanked: PEP 700 asks that
// every file listed belong to a version listed.
func (x *Index) WriteJSON(to io.Writer, content io.ReaderAt, size int64, e Edits) error {
	w := newWriter(to)
	w.text(`{"meta":{"api-version":"`, x.api(), `"},"name":`)
	w.quote(x.Project)
	if x.Status.Word != "" {
		w.text(`,"project-status":{"status":`)
		w.quote(x.Status.Word)
		if x.Status.Reason != "" {
			w.text(`,"reason":`)
			w.quote(x.Status.Reason)
		}
		w.text("}")
	}
	w.text(`,"versions":[`)
	for i := range x.Versions {
		if i > 0 {
			w.text(",")
		}
		w.quote(x.Versions[i].Version)
	}
	w.text(`],"files":[`)
	first := true
	err := x.rescan(content, size, func(f *File, entry *Entry) error {
		if !first {
			w.text(",")
		}
		first = false
		x.writeFile(w, f, entry, e)
		return w.err
	})
	w.text("]}")
	return w.finish(err)
}

func (x *Index) writeFile(w *writer, f *File, entry *Entry, e Edits) {
	w.text(`{"filename":`)
	w.quote(f.Name)
	w.text(`,"url":`)
	w.quote(FileURL(e.Base, x.Project, f.Name))
	w.text(`,"hashes":`)
	w.digests(f.Digests)
	if f.RequiresPython != "" {
		w.text(`,"requires-python":`)
		w.quote(f.RequiresPython)
	}
	if f.Size >= 0 {
		w.text(`,"size":`, strconv.FormatInt(f.Size, 10))
	}
	if !f.Uploaded.IsZero() {
		w.text(`,"upload-time":"`, UploadTime(f.Uploaded), `"`)
	}
	switch reason, yanked := e.yanked(f, entry); {
	case yanked && reason != "":
		w.text(`,"yanked":`)
		w.quote(reason)
	case yanked:
		w.text(`,"yanked":true`)
	default:
		w.text(`,"yanked":false`)
	}
	if f.Metadata {
		// Not under its first name too: pip before 23.1 breaks off when it
		// finds an object there, which is why PEP 714 gave it another.
		w.text(`,"core-metadata":`)
		if f.MetadataDigest == "" {
			w.text("true")
		} else {
			w.digests([]assay.Digest{f.MetadataDigest})
		}
	}
	if f.Provenance != "" {
		w.text(`,"provenance":`)
		w.quote(ProvenanceURL(e.Base, x.Project, x.Versions[entry.Version].Version, f.Name))
	}
	w.text("}")
}

func (w *writer) digests(digests []assay.Digest) {
	w.text("{")
	for i, d := range digests {
		if i > 0 {
			w.text(",")
		}
		w.text(`"`, d.Algorithm(), `":"`, d.Value(), `"`)
	}
	w.text("}")
}

// WriteHTML writes the page in the HTML form (PEP 503).
func (x *Index) WriteHTML(to io.Writer, content io.ReaderAt, size int64, e Edits) error {
	w := newWriter(to)
	w.text("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"pypi:repository-version\" content=\"", x.api(), "\">\n")
	if x.Status.Word != "" {
		w.text("<meta name=\"pypi:project-status\"")
		w.attribute("content", x.Status.Word)
		w.text(">\n")
		if x.Status.Reason != "" {
			w.text("<meta name=\"pypi:project-status-reason\"")
			w.attribute("content", x.Status.Reason)
			w.text(">\n")
		}
	}
	w.text("<title>Links for ", x.Project, "</title>\n</head>\n<body>\n<h1>Links for ", x.Project, "</h1>\n")
	err := x.rescan(content, size, func(f *File, entry *Entry) error {
		x.writeAnchor(w, f, entry, e)
		return w.err
	})
	w.text("</body>\n</html>\n")
	return w.finish(err)
}

func (x *Index) writeAnchor(w *writer, f *File, entry *Entry, e Edits) {
	address := FileURL(e.Base, x.Project, f.Name)
	if len(f.Digests) > 0 {
		address += "#" + f.Digests[0].Algorithm() + "=" + f.Digests[0].Value()
	}
	w.text("<a")
	w.attribute("href", address)
	if f.RequiresPython != "" {
		w.attribute("data-requires-python", f.RequiresPython)
	}
	if reason, yanked := e.yanked(f, entry); yanked {
		w.attribute("data-yanked", reason)
	}
	if f.Metadata {
		said := "true"
		if f.MetadataDigest != "" {
			said = f.MetadataDigest.Algorithm() + "=" + f.MetadataDigest.Value()
		}
		w.attribute("data-core-metadata", said)
		w.attribute("data-dist-info-metadata", said)
	}
	if f.Provenance != "" {
		w.attribute("data-provenance", ProvenanceURL(e.Base, x.Project, x.Versions[entry.Version].Version, f.Name))
	}
	w.text(">", html.EscapeString(f.Name), "</a><br>\n")
}
