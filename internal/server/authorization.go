package server

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// Authenticator knows the tokens with which clients say who they are.
type Authenticator interface {
	// Authenticate returns the holder of a secret. A secret that is not let
	// in is Unauthenticated, in words for whoever sent it.
	Authenticate(ctx context.Context, secret string) (assay.Principal, error)
	// Remembered returns the holder of one that was let in a moment ago,
	// asking nobody.
	Remembered(secret string) (assay.Principal, bool)
}

// maxAuthorization is the longest Authorization header that is read, in
// bytes. A secret has 55.
const maxAuthorization = 1024

// credential reads the secret out of a request's header (RFC 9110, section
// 11.6.2): "Bearer SECRET" as npm sends it (RFC 6750), or "Basic", whose
// password is the secret and whose user name says nothing (RFC 7617), as the
// go command and pip send what is in a netrc file; or the bare secret, as
// Cargo sends it. said is false when there
// is no such header. One that is there and carries no secret is said, with
// an empty secret, and must not pass for anonymous.
func credential(h http.Header) (secret string, said bool) {
	values, said := h["Authorization"]
	if !said {
		return "", false
	}
	// Two would be two readings: one by a proxy before us, one here.
	if len(values) != 1 || len(values[0]) > maxAuthorization {
		return "", true
	}
	scheme, rest, more := strings.Cut(values[0], " ")
	rest = strings.Trim(rest, " ")
	switch {
	case !more && bareSecret(scheme):
		return scheme, true
	case strings.EqualFold(scheme, "Bearer"):
		return rest, true
	case strings.EqualFold(scheme, "Basic"):
		pair, err := base64.StdEncoding.DecodeString(rest)
		if err != nil {
			return "", true
		}
		if _, password, ok := strings.Cut(string(pair), ":"); ok {
			return password, true
		}
	}
	return "", true
}

// bareSecret tells whether a header without a scheme can be a secret: a word
// of letters, digits and underscores that names no scheme itself.
func bareSecret(s string) bool {
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_') {
			return false
		}
	}
	return !strings.EqualFold(s, "Bearer") && !strings.EqualFold(s, "Basic")
}

// errNoSecret is for a header that carries no secret at all.
func errNoSecret() *assay.Error {
	return assay.Errorf(assay.Unauthenticated,
		"the Authorization header of this request carries no token: send it as Bearer, or as the password of Basic")
}

// identify puts the asker into the request's context; nil is anonymous.
func (f *front) identify(r *http.Request, from *source) (*http.Request, *assay.Principal, error) {
	secret, said := credential(r.Header)
	if !said {
		if f.hostedReads {
			r = r.WithContext(assay.WithPrincipal(r.Context(), assay.Principal{ReadHosted: true}))
		}
		return r, nil, nil
	}
	p, err := f.server.authenticate(r.Context(), secret, from)
	if err != nil {
		return r, nil, err
	}
	return r.WithContext(assay.WithPrincipal(r.Context(), p)), &p, nil
}

// authenticate asks who holds a secret. A source that has sent too many wrong
// ones waits, whatever it sends next: an answer would tell it whether the
// next guess was right. Tokens that were let in a moment ago are let in all
// the same, so that a wrong token on one machine does not lock out its
// neighbours behind the same address.
func (s *Server) authenticate(ctx context.Context, secret string, from *source) (assay.Principal, error) {
	auth := s.config.Auth
	if auth == nil {
		return assay.Principal{}, assay.Errorf(assay.Unauthenticated, "this Assay knows no tokens: leave the token out")
	}
	if p, ok := auth.Remembered(secret); ok {
		return p, nil
	}
	if from != nil {
		if wait := s.guesses.take(from.addr, time.Now()); wait > 0 {
			return assay.Principal{}, &assay.Error{Kind: assay.Exhausted, RetryAfter: wait,
				Message: "too many wrong tokens came from this address: check the token that is configured, and ask again in a moment"}
		}
	}
	var (
		p   assay.Principal
		err error = errNoSecret()
	)
	if secret != "" {
		p, err = auth.Authenticate(ctx, secret)
	}
	if from != nil && !assay.Is(err, assay.Unauthenticated) {
		s.guesses.giveBack(from.addr) // it was no wrong token
	}
	return p, err
}

// varyAuthorization is shared between all answers, and so never changed.
var varyAuthorization = []string{"Authorization"}

// markPersonal keeps caches between us and the client from mixing askers up:
// an answer that tells of packages says that it varies with who asks, and
// one that was made for somebody may be kept by nobody else. It runs when
// the handler has set its own headers.
func markPersonal(h http.Header, known bool) {
	if vary, ok := h["Vary"]; !ok {
		h["Vary"] = varyAuthorization
	} else if !slices.ContainsFunc(vary, func(v string) bool { return strings.Contains(v, "Authorization") || v == "*" }) {
		h["Vary"] = append(slices.Clip(vary), "Authorization")
	}
	if !known {
		return
	}
	private := "private"
	for part := range strings.SplitSeq(strings.Join(h["Cache-Control"], ","), ",") {
		part = strings.TrimSpace(part)
		name, _, _ := strings.Cut(strings.ToLower(part), "=")
		switch name {
		case "", "private", "public", "s-maxage", "proxy-revalidate":
		case "no-store":
			private = "private, no-store"
		default:
			private += ", " + part
		}
	}
	h["Cache-Control"] = []string{private}
}

// refuseIdentity answers an asker who is not who they say. What goes wrong
// behind the server stays in its log.
func (f *front) refuseIdentity(w http.ResponseWriter, r *http.Request, rt *route, err error) {
	var e *assay.Error
	refuser, own := rt.handler.(ecosystem.Refuser)
	switch errors.As(err, &e); {
	case own && e != nil && e.Kind == assay.Unauthenticated:
		refuser.Refuse(w, r, e)
	case e != nil && e.Kind == assay.Unauthenticated:
		f.refuse(w, r, http.StatusUnauthorized, e)
	case e != nil && e.Kind == assay.Exhausted && e.RetryAfter > 0:
		f.refuse(w, r, http.StatusTooManyRequests, e)
	default:
		f.fail(w, r, err)
	}
}
