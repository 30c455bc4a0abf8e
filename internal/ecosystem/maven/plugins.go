package maven

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/maven/wire"
)

// plugins collects the lines of the plugins of a claimed group.
func (h *handler) plugins(r *http.Request, group string) (*wire.Document, error) {
	doc := &wire.Document{}
	if h.publisher != nil {
		found, err := h.publisher.Search(r.Context(), group+"/", maxPlugins)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if g, _ := wire.Split(f.Name); g != group {
				continue
			}
			line, err := h.pluginLine(r, f.Name)
			if err != nil {
				return nil, err
			}
			doc.Plugins = append(doc.Plugins, line...)
		}
	}
	if len(doc.Plugins) == 0 {
		return nil, assay.Errorf(assay.NotFound, "no plugin of the group %s is published here, or the token that was sent may not read it; something in the group is claimed, so no upstream is asked", group)
	}
	return doc, nil
}

// pluginLine returns the line of a package; none if it is no plugin, or all
// of its versions are refused.
func (h *handler) pluginLine(r *http.Request, name string) ([]wire.Plugin, error) {
	answer, err := h.repo.Listing(r.Context(), name, plugin)
	if assay.Is(err, assay.NotFound) || assay.Is(err, assay.Denied) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text, err := readAnswer(answer, h.limits.document.Metadata)
	if err != nil {
		return nil, err
	}
	doc, err := wire.DecodeMetadata(name, bytes.NewReader(text), h.limits.document)
	if err != nil {
		return nil, err
	}
	return doc.Plugins, nil
}

// writeDocument writes a document that was made for this request, or its
// digest.
func writeDocument(w http.ResponseWriter, r *http.Request, doc *wire.Document, sum string) {
	var b bytes.Buffer
	_ = doc.Encode(&b) // a bytes.Buffer takes everything
	body, contentType := b.Bytes(), xmlType
	if sum != "" {
		h := newHash(sum)
		_, _ = h.Write(body) // never fails (hash.Hash)
		body, contentType = []byte(hex.EncodeToString(h.Sum(nil))), textType
	}
	tag := sha256.Sum256(body)
	ecosystem.WriteAnswer(w, r, &ecosystem.Answer{
		ContentType: contentType, ETag: `"` + hex.EncodeToString(tag[:16]) + `"`, Body: ecosystem.Bytes(body), Size: int64(len(body)),
		Header: http.Header{"Cache-Control": {"private, no-cache"}},
	})
}

// readAnswer reads a small answer whole, and releases it.
func readAnswer(a *ecosystem.Answer, limit int64) ([]byte, error) {
	if a.Release != nil {
		defer a.Release()
	}
	body, err := plainBody(a)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(body, limit))
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "a listing that was made here cannot be read")
	}
	return text, nil
}

// plainBody undoes the compression in which a listing is kept.
func plainBody(a *ecosystem.Answer) (io.Reader, error) {
	packed := io.NewSectionReader(a.Body, 0, a.Size)
	if !a.Gzip {
		return packed, nil
	}
	plain, err := gzip.NewReader(packed)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "a listing that was made here cannot be read")
	}
	return plain, nil
}
