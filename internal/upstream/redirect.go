package upstream

import (
	"net/http"
	"net/url"
	"strings"

	"assay.invalid/internal/assay"
)

// redirects tells whether a status sends the request elsewhere.
func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirected reads where an answer from the URL sends the request. Whether
// that place may be dialled is for the guard to say. Errors are of kind
// Unsound.
func redirected(from *url.URL, location string) (*url.URL, *assay.Error) {
	bad := func(why string) (*url.URL, *assay.Error) {
		return nil, assay.Errorf(assay.Unsound, "%s answered with a redirect that %s, so it was not followed", hostOf(from.String()), why)
	}
	if location == "" {
		return bad("names no place")
	}
	u, err := from.Parse(location)
	if err != nil {
		return bad("is not a URL")
	}
	if why := unfit(u); why != "" {
		return bad(why)
	}
	switch {
	case u.User != nil:
		return bad("contains credentials")
	case from.Scheme == "https" && u.Scheme == "http":
		return bad("leads from https to plain http, where anyone on the way could change the answer")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// named reads an absolute URL from a document of the origin. Errors are of
// kind Unsound: the document named something it must not.
func named(origin *url.URL, address string) (*url.URL, *assay.Error) {
	bad := func(why string) (*url.URL, *assay.Error) {
		return nil, assay.Errorf(assay.Unsound, "a document of %s names an address that %s, so it was not asked", origin.Host, why)
	}
	// It may be a reference (RFC 3986, section 4.2), to the origin's address:
	// many indexes name their files so.
	u, err := origin.Parse(address)
	if err != nil || strings.Contains(address, `\\`) {
		return bad("is not a URL")
	}
	if why := unfit(u); why != "" {
		return bad(why)
	}
	if u.User != nil {
		return bad("contains credentials")
	}
	if origin.Scheme == "https" && u.Scheme == "http" {
		// Registries behind a TLS terminator often print their own address
		// with http. The secure place is asked instead, or none.
		if port := u.Port(); port != "" && port != "80" {
			return bad("is plain http on a port of its own, though the upstream itself is https")
		}
		upgraded := *u
		upgraded.Scheme, upgraded.Host = "https", trimPort(u)
		u = &upgraded
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// trimPort is the URL's host without its port, as it stands in a URL.
func trimPort(u *url.URL) string {
	if port := u.Port(); port != "" {
		return u.Host[:len(u.Host)-len(port)-1]
	}
	return u.Host
}
