package server

import (
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"assay.invalid/internal/assay"
)

// wellKnown is the first segment of addresses that have the same meaning
// everywhere (RFC 8615).
const wellKnown = ".well-known"

const securityPath = "/" + wellKnown + "/security.txt"

// securityText says where to report a vulnerability (RFC 9116).
func (f *front) securityText(w http.ResponseWriter, r *http.Request) {
	if !f.alone(w, r, securityPath) {
		return
	}
	contact := f.server.config.SecurityContact
	if contact == "" {
		f.refuse(w, r, http.StatusNotFound, assay.Errorf(assay.NotFound,
			"whoever runs this Assay has not said where to report a vulnerability of it: the operator can, with --security-contact"))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	// A client that has gone needs no answer.
	_, _ = w.Write([]byte(securityFields(contact, f.address(), time.Now())))
}

// securityFields writes the file. It expires a year after the month began,
// so that it is always good for eleven months and the same all month long.
func securityFields(contact, base string, now time.Time) string {
	now = now.UTC()
	expires := time.Date(now.Year()+1, now.Month(), 1, 0, 0, 0, 0, time.UTC)
	text := "Contact: " + contact + "\nExpires: " + expires.Format(time.RFC3339) + "\n"
	// An address of the web must be https there (section 2.5.2); over plain
	// http nobody could tell the right file from a forged one.
	if strings.HasPrefix(base, "https://") {
		text += "Canonical: " + strings.TrimSuffix(base, "/") + securityPath + "\n"
	}
	return text
}

// checkContact allows what RFC 9116, section 2.5.3, asks for. A line break in
// it would begin a field that nobody has written.
func checkContact(contact string) error {
	u, err := url.Parse(contact)
	switch {
	case err != nil, strings.ContainsFunc(contact, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
	case u.Scheme == "https" && u.Host != "", (u.Scheme == "mailto" || u.Scheme == "tel") && u.Opaque != "":
		return nil
	}
	return assay.Errorf(assay.Invalid,
		"%q is no contact for reports of vulnerabilities: write mailto:security@packages.example, an https address, or tel: and a number", contact)
}
