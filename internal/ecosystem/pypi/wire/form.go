package wire

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"

	"assay.invalid/internal/assay"
)

// FormLimits bound an upload.
type FormLimits struct {
	Parts   int   // parts of the form
	Field   int64 // bytes of one field: a description may be a whole book
	Fields  int64 // bytes of all fields
	Content int64 // bytes of the file
}

// DefaultFormLimits fit all but the largest files that people publish.
func DefaultFormLimits() FormLimits {
	return FormLimits{Parts: 5_000, Field: 4 << 20, Fields: 8 << 20, Content: 256 << 20}
}

// Form is an upload as twine and uv send it (the upload API): fields of text,
// and one file.
type Form struct {
	fields map[string][]string
	File   string // the name that the client gave to the file
	Size   int64
}

// Get returns the first value of a field, or "".
func (f *Form) Get(name string) string {
	if values := f.fields[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// Values returns all values of a field.
func (f *Form) Values(name string) []string { return f.fields[name] }

// keptFields are the fields that decide something; of the others only the
// size is looked at.
var keptFields = map[string]bool{
	":action": true, "protocol_version": true, "metadata_version": true, "name": true, "version": true, "filetype": true,
	"summary": true, "requires_python": true, "requires_dist": true, "sha256_digest": true, "md5_digest": true,
	"blake2_256_digest": true, "attestations": true,
}

// single are the fields of which there is one: who sends two means one of
// them for us and the other for somebody else.
var single = map[string]bool{
	":action": true, "metadata_version": true, "name": true, "version": true, "filetype": true, "summary": true,
	"requires_python": true, "sha256_digest": true, "md5_digest": true, "blake2_256_digest": true, "attestations": true,
}

// ReadForm reads an upload and writes its file to content as it comes. Errors
// are Invalid or TooLarge, except those of content and of the form's own
// reader, which come back as they are.
func ReadForm(r *multipart.Reader, limits FormLimits, content io.Writer) (*Form, error) {
	f := &Form{fields: map[string][]string{}, Size: -1}
	left := limits.Fields
	for n := 0; ; n++ {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if n >= limits.Parts {
			return nil, assay.Errorf(assay.TooLarge, "the upload has more than %d fields", limits.Parts)
		}
		_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		if err != nil {
			return nil, assay.Errorf(assay.Invalid, "a field of the upload has no name that can be read")
		}
		switch name := params["name"]; {
		case name == "content":
			if err := f.readContent(part, params["filename"], limits.Content, content); err != nil {
				return nil, err
			}
		case name == "gpg_signature":
			return nil, assay.Errorf(assay.Invalid, "the upload has a GPG signature, and Assay keeps none: upload without --sign")
		default:
			size, err := f.readField(part, name, min(limits.Field, left))
			if err != nil {
				return nil, err
			}
			left -= size
		}
	}
	if f.Size < 0 {
		return nil, assay.Errorf(assay.Invalid, "the upload has no file: it is sent as the field content")
	}
	return f, nil
}

func (f *Form) readContent(part io.Reader, file string, most int64, content io.Writer) error {
	if f.Size >= 0 {
		return assay.Errorf(assay.Invalid, "the upload has two files: they are uploaded one at a time")
	}
	n, err := io.Copy(content, io.LimitReader(part, most+1))
	switch {
	case err != nil:
		return err
	case n > most:
		return assay.Errorf(assay.TooLarge, "the file is larger than %d bytes", most)
	case !ValidFile(file):
		return assay.Errorf(assay.Invalid, "%q cannot be the name of a file", clip(file, 150))
	}
	f.File, f.Size = file, n
	return nil
}

func (f *Form) readField(part io.Reader, name string, most int64) (int64, error) {
	if !keptFields[name] {
		n, err := io.Copy(io.Discard, io.LimitReader(part, most+1))
		if err == nil && n > most {
			err = assay.Errorf(assay.TooLarge, "the field %q of the upload is larger than %d bytes", clip(name, 60), most)
		}
		return n, err
	}
	raw, err := io.ReadAll(io.LimitReader(part, most+1))
	switch {
	case err != nil:
		return 0, err
	case int64(len(raw)) > most:
		return 0, assay.Errorf(assay.TooLarge, "the field %q of the upload is larger than %d bytes", name, most)
	case single[name] && len(f.fields[name]) > 0:
		return 0, assay.Errorf(assay.Invalid, "the upload has the field %q twice", name)
	}
	f.fields[name] = append(f.fields[name], string(raw))
	return int64(len(raw)), nil
}

// Digests are those that the client sent, by the algorithms that can be
// checked. blake2_256 stands beside sha256 in what twine sends and is not
// looked at: one strong digest that holds is enough. Alone it is refused.
func (f *Form) Digests() ([]assay.Digest, error) {
	var digests []assay.Digest
	for _, algorithm := range []string{"sha256", "md5"} {
		value := f.Get(algorithm + "_digest")
		if value == "" {
			continue
		}
		d, err := digestOf(algorithm, value)
		if err != nil {
			return nil, assay.Errorf(assay.Invalid, "the field %s_digest is no %s digest", algorithm, algorithm)
		}
		digests = append(digests, d)
	}
	if len(digests) == 0 && f.Get("blake2_256_digest") != "" {
		return nil, assay.Errorf(assay.Invalid, "the upload has a blake2_256 digest alone, which cannot be checked here: send sha256_digest")
	}
	return digests, nil
}
