package adopt

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"assay.invalid/internal/assay"
)

// Address reads the base address of an upstream: http or https, a host, no
// credentials, query or fragment, ending in a slash. What is cut off is said
// in notes. Errors are Invalid and never repeat the text, which may hold a
// password in a place where it cannot be found.
func Address(raw string) (address string, notes []string, err error) {
	raw = strings.TrimSpace(raw)
	u, err := url.Parse(raw)
	if err != nil {
		return "", nil, assay.Errorf(assay.Invalid, "an address that cannot be read (not shown, it may hold a password)")
	}
	u.Scheme = strings.ToLower(u.Scheme)
	switch {
	case u.Scheme == "file":
		return "", nil, assay.Errorf(assay.Invalid, "a directory on this machine: Assay pulls through http and https only")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", nil, assay.Errorf(assay.Invalid, "an address that does not begin with http:// or https:// (not shown, it may hold a password)")
	case u.Opaque != "" || u.Hostname() == "":
		return "", nil, assay.Errorf(assay.Invalid, "an address without a host")
	case strings.ContainsFunc(u.Host+u.Path, notPlain):
		return "", nil, assay.Errorf(assay.Invalid, "an address with blanks or control characters in it")
	}
	for _, segment := range strings.Split(u.Path, "/") {
		if segment == "." || segment == ".." {
			return "", nil, assay.Errorf(assay.Invalid, "an address with a dotted path")
		}
	}
	clean := url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host), Path: u.Path, RawPath: u.RawPath}
	if !strings.HasSuffix(clean.Path, "/") {
		clean.Path += "/"
		if clean.RawPath != "" {
			clean.RawPath += "/"
		}
	}
	address = clean.String()
	if u.User != nil {
		notes = append(notes, fmt.Sprintf("the credentials in the address of %s were cut: Assay does not adopt them", clean.Host))
	}
	if u.RawQuery != "" || u.Fragment != "" {
		notes = append(notes, fmt.Sprintf("what followed ? or # in the address of %s was cut", clean.Host))
	}
	return address, notes, nil
}

func notPlain(r rune) bool { return r <= ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }

// take adds an origin to the finding, unless it is unreadable, a repetition,
// or Assay itself.
func (f *Finding) take(ctx context.Context, self Self, raw string) {
	address, notes, err := Address(raw)
	if err != nil {
		f.Dropped = append(f.Dropped, assay.PublicMessage(err))
		return
	}
	for _, known := range f.Origins {
		if known == address {
			return
		}
	}
	f.Dropped = append(f.Dropped, notes...)
	if u, err := url.Parse(address); err != nil || self.Is(ctx, u) {
		f.Dropped = append(f.Dropped, fmt.Sprintf("%s is this Assay itself: it cannot be its own upstream", address))
		return
	}
	f.Origins = append(f.Origins, address)
}
