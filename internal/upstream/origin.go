package upstream

import (
	"encoding/base64"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"assay.invalid/internal/assay"
)

// Origin is one upstream with its mirrors. Addresses are base URLs, http or
// https, without credentials, query or fragment.
type Origin struct {
	Address string
	Mirrors []string
	// Beside are further addresses that the origin's files are known to lie
	// at: like the origin they may be private. Only requests by URL go there.
	Beside []string

	// User and Password (basic) or Token (bearer) are sent to the scheme,
	// host and port of Address and to nowhere else.
	User     string `json:"-"`
	Password string `json:"-"`
	Token    string `json:"-"`
}

// String returns the address alone, so that no log line carries credentials.
func (o Origin) String() string { return o.Address }

// GoString is String.
func (o Origin) GoString() string { return o.Address }

// authorization is the value of the header, "" without credentials.
func (o Origin) authorization() string {
	switch {
	case o.Token != "":
		return "Bearer " + o.Token
	case o.User != "" || o.Password != "":
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(o.User+":"+o.Password))
	}
	return ""
}

// secrets are the strings that must not come back in a message, should the
// upstream repeat what it was sent.
func (o Origin) secrets() []string {
	var out []string
	for _, s := range []string{strings.TrimPrefix(o.authorization(), "Basic "), o.Token, o.Password} {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// place is one address of an origin, read.
type place struct {
	base    *url.URL // path ends in a slash
	address string   // base as text: the name of the place in Health and Response
	site    string
}

// placesOf reads the addresses of an origin, the main one first. Errors are
// of kind Invalid.
func placesOf(o Origin) ([]place, error) {
	if !httpguts.ValidHeaderFieldValue(o.authorization()) {
		return nil, assay.Errorf(assay.Invalid, "the credentials set for %s contain characters that cannot be sent; set them again", hostOf(o.Address))
	}
	places := make([]place, 0, 1+len(o.Mirrors))
	for _, address := range append([]string{o.Address}, o.Mirrors...) {
		p, err := placeOf(address)
		if err != nil {
			return nil, err
		}
		places = append(places, p)
	}
	return places, nil
}

func placeOf(address string) (place, error) {
	bad := func(why string) (place, error) {
		return place{}, assay.Errorf(assay.Invalid, "the upstream address of host %q %s; it must look like https://registry.example/path/", hostOf(address), why)
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return bad("is not a URL")
	case u.User != nil:
		return bad("contains credentials, which belong in their own setting")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return bad("has a query or a fragment")
	}
	if why := unfit(u); why != "" {
		return bad(why)
	}
	if !strings.HasSuffix(u.Path, "/") {
		if u.RawPath != "" {
			u.RawPath += "/"
		}
		u.Path += "/"
	}
	if why := wayOut(strings.TrimPrefix(u.EscapedPath(), "/")); why != "" {
		return bad("has a path that does not hold: " + why)
	}
	return place{base: u, address: u.String(), site: siteOf(u)}, nil
}

// unfit says why a URL cannot be fetched from at all, or "".
func unfit(u *url.URL) string {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return "is neither http nor https"
	case u.Opaque != "" || u.Hostname() == "":
		return "names no host"
	}
	return ""
}

// siteOf is scheme, host and port in one spelling. Two URLs with the same
// site are the same server to whoever sends credentials.
func siteOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "80"
		if u.Scheme == "https" {
			port = "443"
		}
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// hostOf is the host of an address for a message, never its credentials.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "?"
	}
	return clip(printable(u.Host), 200)
}
