package wire

import (
	"errors"
	"net/url"
	"strings"
)

// place resolves the references of one page. Where the origin lies is not
// known here: a page that names no base of its own floats below it.
type place struct {
	base     *url.URL
	floating bool
}

// floor stands above a floating page, so that dot segments which climb out of
// the origin's folder can be counted.
const floor = "/1/2/3/4/5/6/7/8/"

// newPlace is that of a project's page, one level below the origin's address.
func newPlace(project string) place {
	return place{&url.URL{Path: floor + project + "/"}, true}
}

var errReference = errors.New("it names an address that is none")

// rebase takes a base that the page itself gives (HTML's base element).
func (p *place) rebase(href string) error {
	ref, err := url.Parse(strings.TrimSpace(href))
	if err != nil {
		return errReference
	}
	if anchored(ref) {
		p.floating = false
	}
	p.base = p.base.ResolveReference(ref)
	return nil
}

// anchored tells whether a reference means the same at every place of a host.
func anchored(ref *url.URL) bool {
	return ref.Scheme != "" || ref.Host != "" || strings.HasPrefix(ref.Path, "/")
}

// resolve returns an address without its fragment: an absolute URL, or a
// reference (RFC 3986, section 4.2) relative to the origin's address.
func (p place) resolve(reference string) (address, fragment string, err error) {
	ref, err := url.Parse(strings.TrimSpace(reference))
	if err != nil {
		return "", "", errReference
	}
	fragment = ref.Fragment
	floating := p.floating && !anchored(ref)
	u := p.base.ResolveReference(ref)
	u.Fragment, u.RawFragment = "", ""
	if u.Scheme != "" && u.Scheme != "https" && u.Scheme != "http" || u.Scheme != "" && u.Host == "" || u.User != nil || u.Opaque != "" {
		return "", "", errReference
	}
	if !floating {
		return u.String(), fragment, nil
	}
	query := ""
	if u.RawQuery != "" {
		query = "?" + u.RawQuery
	}
	up := ""
	for above := floor; above != "/"; above = above[:strings.LastIndexByte(above[:len(above)-1], '/')+1] {
		if below, ok := strings.CutPrefix(u.EscapedPath(), above); ok {
			return up + below + query, fragment, nil
		}
		up += "../"
	}
	return "", "", errReference // it climbs higher than any page lies
}

// Below tells whether an address lies below the origin's own, so that it can
// be asked for as a path and at every mirror.
func Below(address string) bool {
	u, err := url.Parse(address)
	return err == nil && !anchored(u) && u.RawQuery == "" && !strings.HasPrefix(address, "../")
}

// Behind is the address of what lies beside a file: the same address with
// something behind the name, before a query.
func Behind(address, suffix string) string {
	path, query, found := strings.Cut(address, "?")
	if !found {
		return path + suffix
	}
	return path + suffix + "?" + query
}
