package securitytxt

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"

	"assay.invalid/internal/scorecard/probe"
)

// fields are those of a security.txt that decide.
type fields struct {
	// lines is how many fields there are of any name.
	lines     int
	contacts  []string // that are addresses of a kind that may be used
	unusable  int      // contacts that are not
	expires   []string
	canonical []string
	signed    bool
}

// readFile reads a security.txt (RFC 9116, section 2), with or without the
// frame of an OpenPGP signature, which is not checked.
func readFile(body []byte) fields {
	var f fields
	if !utf8.Valid(body) {
		return f
	}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	header := false
	for raw := range bytes.Lines(body) {
		line := strings.TrimSpace(string(raw))
		switch {
		case line == "-----BEGIN PGP SIGNED MESSAGE-----":
			f.signed, header = true, true
			continue
		case line == "-----BEGIN PGP SIGNATURE-----":
			return f
		case header && line == "":
			header = false
			continue
		case header, line == "", strings.HasPrefix(line, "#"):
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(name, " \t<>") {
			continue
		}
		f.lines++
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "contact":
			if usable(value) {
				f.contacts = probe.Note(f.contacts, value)
			} else {
				f.unusable++
			}
		case "expires":
			f.expires = probe.Note(f.expires, value)
		case "canonical":
			f.canonical = probe.Note(f.canonical, value)
		}
	}
	return f
}

// usable reports whether a contact is an address of a kind that RFC 9116,
// section 2.5.3, names. Reports over plain http could be read on the way.
func usable(contact string) bool {
	lower := strings.ToLower(contact)
	for _, scheme := range []string{"mailto:", "https://", "tel:"} {
		if strings.HasPrefix(lower, scheme) && len(lower) > len(scheme) {
			return true
		}
	}
	return false
}

// expiry reads the date of an Expires field.
func expiry(value string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, strings.ToUpper(value))
	return t.UTC(), err == nil
}
