package pypi

import (
	"bytes"
	"encoding/json"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/pypi/wire"
)

// uploadOf makes the upload of one file. It joins the files that its version
// has already; a wheel brings its metadata as a file beside it, so that
// installers need not fetch the wheel to know what it requires (PEP 658).
func uploadOf(name, version string, form *wire.Form, file *spooled, digests []assay.Digest) (*ecosystem.Upload, error) {
	manifest, err := json.Marshal(wire.Sent(form, file.contents))
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "writing the manifest of %s", form.File)
	}
	up := &ecosystem.Upload{
		Name: name, Version: version, Manifest: manifest, Adds: true,
		Files: []ecosystem.UploadFile{{Name: form.File, ContentType: contentType(form.File), Content: file, Size: form.Size, Digests: digests}},
	}
	if wire.KindOf(form.File) == wire.Wheel {
		raw := file.contents.Raw
		up.Files = append(up.Files, ecosystem.UploadFile{
			Name: form.File + ".metadata", ContentType: "text/plain; charset=utf-8", Content: bytes.NewReader(raw), Size: int64(len(raw)),
		})
	}
	return up, nil
}
