package pypi

import (
	"net/url"
	"slices"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/pypi/wire"
)

var _ ecosystem.Neighbourly = format{}

// telling is a project that nearly every index has.
const telling = "pip"

// Tells implements ecosystem.Neighbourly: indexes often keep their files at
// another host than their pages.
func (format) Tells() ecosystem.Source {
	return ecosystem.Source{Key: "neighbours", Path: telling + "/", Accept: acceptPage}
}

// hostOf is the beginning of an absolute address, "" of any other.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + "/"
}

// Neighbours implements ecosystem.Neighbourly.
func (f format) Neighbours(doc ecosystem.Document) ([]string, error) {
	if doc.Content == nil {
		return nil, assay.Errorf(assay.Internal, "no page was given")
	}
	index, err := wire.Read(doc.Content, doc.Size, telling, f.limits)
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range index.Versions {
		for _, n := range index.Versions[i].Files {
			// One host holds hundreds of them: the beginning is enough.
			if address := hostOf(index.File(n).URL()); address != "" && !slices.Contains(out, address) {
				out = append(out, address)
			}
		}
	}
	return out, nil
}
