package badregistry

import (
	"crypto/rand"
	"encoding/hex"
	"hash/crc32"
	"math/big"
	"net/http"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// The layout of a token: a prefix, so that scanners of source code find it and
// know whose it is; random letters; and their checksum, so that they find
// nothing else.
const (
	tokenPrefix = "good_"
	base62      = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	bodyLength  = 43 // enough for 32 bytes
	sumLength   = 6  // enough for 32 bits
)

// secret makes a random text of the layout, and remembers it.
func (r *Registry) secret() string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // it never returns an error
	text := tokenPrefix
	if r.sins[UnprefixedTokens] {
		text = hex.EncodeToString(random[:20])
	} else {
		body := inBase62(new(big.Int).SetBytes(random), bodyLength)
		sum := inBase62(new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(body)))), sumLength)
		if r.sins[NoTokenChecksum] {
			more := make([]byte, 4)
			_, _ = rand.Read(more) // it never returns an error
			sum = inBase62(new(big.Int).SetBytes(more), sumLength)
		}
		text += body + sum
	}
	r.secrets = append(r.secrets, text)
	return text
}

func inBase62(n *big.Int, length int) string {
	out := make([]byte, length)
	radix, digit := big.NewInt(int64(len(base62))), new(big.Int)
	for i := length - 1; i >= 0; i-- {
		n.DivMod(n, radix, digit)
		out[i] = base62[digit.Int64()]
	}
	return string(out)
}

// purpose is what a token was made for.
type purpose uint8

const (
	forSession    purpose = iota + 1 // somebody logged in
	forPublishing                    // made to be kept by a build
	forIdentity                      // given for an identity token, for minutes
)

// token speaks for its owner within bounds.
type token struct {
	secret, key string
	owner       string
	kind        purpose
	// names are what it may publish, as "ecosystem name" with a * at the end
	// or not; none means all that its owner may.
	names    []string
	readOnly bool
	// whole is set on those that a party has from the start.
	whole   bool
	expires time.Time
	revoked bool
}

// asker is who asks, from where, with which one-time code.
type asker struct {
	token  *token // nil for nobody
	code   string
	source string
}

// tokenLife is how long a token lasts if nobody says.
const tokenLife = 90 * 24 * time.Hour

// longestLife is how long one lasts at the most.
const longestLife = 366 * 24 * time.Hour

// identityLife is how long one lasts that was given for an identity token.
const identityLife = 15 * time.Minute

// issue gives a token its secret and keeps it.
func (r *Registry) issue(t *token) *token {
	t.secret = r.secret()
	random := make([]byte, 8)
	_, _ = rand.Read(random) // it never returns an error
	t.key = hex.EncodeToString(random)
	r.tokens[t.secret] = t
	return t
}

// covers says whether the token was made for a name.
func (t *token) covers(e assay.Ecosystem, name string) bool {
	if len(t.names) == 0 {
		return true
	}
	for _, pattern := range t.names {
		stem, all := strings.CutSuffix(pattern, "*")
		if key := claimKey(e, name); key == pattern || all && strings.HasPrefix(key, stem) {
			return true
		}
	}
	return false
}

// who finds the token of a secret. No secret is nobody, which is no fault.
func (r *Registry) who(secret, code, source string) (asker, error) {
	by := asker{code: code, source: source}
	if secret == "" {
		return by, nil
	}
	t := r.tokens[secret]
	if t == nil && r.sins[AnyTokenWorks] {
		by.token = &token{owner: publisherName, kind: forPublishing}
		return by, nil
	}
	if err := r.throttled(source, ""); err != nil {
		return by, err
	}
	switch {
	case t == nil:
		r.wrong(source, "")
		return by, refuse(http.StatusUnauthorized, "this token is not known here")
	case t.revoked:
		return by, refuse(http.StatusUnauthorized, "this token was revoked")
	case !t.expires.IsZero() && !r.now().Before(t.expires) && !r.sins[ExpiredTokenWorks]:
		return by, refuse(http.StatusUnauthorized, "this token has expired")
	}
	by.token = t
	return by, nil
}

// wish is what a new token should be.
type wish struct {
	ecosystem assay.Ecosystem
	names     []string
	life      time.Duration
	readOnly  bool
	password  string
}

// makeToken makes a token that may do no more than who asks for it: a leaked
// one could otherwise be turned into a wider one.
func (r *Registry) makeToken(by asker, w wish) (*token, error) {
	if by.token == nil {
		return nil, refuse(http.StatusUnauthorized, "making a token needs a log-in first")
	}
	if by.token.readOnly || by.token.kind == forIdentity {
		return nil, refuse(http.StatusForbidden, "this token may not make others")
	}
	if by.token.kind == forSession {
		p := r.people[by.token.owner]
		if err := r.confirm(p, w.password, by); err != nil {
			return nil, err
		}
		if p.factor != nil {
			if err := r.checkCode(p, by.code, by.source); err != nil {
				return nil, err
			}
		}
	} else if err := r.narrower(by.token, w); err != nil {
		return nil, err
	}
	if w.life > longestLife {
		return nil, refuse(http.StatusBadRequest, "a token lasts for a year at the most")
	}
	made := &token{owner: by.token.owner, kind: forPublishing, readOnly: w.readOnly, expires: r.now().Add(tokenLife)}
	for _, name := range w.names {
		made.names = append(made.names, claimKey(w.ecosystem, name))
	}
	switch {
	case w.life > 0:
		made.expires = r.now().Add(w.life)
	case r.sins[TokensForEver]:
		made.expires = time.Time{}
	}
	return r.issue(made), nil
}

// narrower makes sure that a token that was made for publishing is not turned
// into a wider one.
func (r *Registry) narrower(t *token, w wish) error {
	if r.sins[PublisherIsAdmin] {
		return nil
	}
	if len(w.names) == 0 {
		return refuse(http.StatusForbidden, "a token for publishing may not make one for all names: say for which, or log in")
	}
	for _, name := range w.names {
		if !t.covers(w.ecosystem, name) {
			return refuse(http.StatusForbidden, "a token for publishing may not make one for %s, which it may not publish itself", name)
		}
	}
	return nil
}

// revoke ends a token of the asker's own by its key or its secret.
func (r *Registry) revoke(by asker, key string) error {
	if by.token == nil {
		return refuse(http.StatusUnauthorized, "revoking a token needs a log-in first")
	}
	for _, t := range r.tokens {
		if (t.key == key || t.secret == key) && t.owner == by.token.owner {
			t.revoked = true
			return nil
		}
	}
	return refuse(http.StatusNotFound, "you have no such token")
}

// reportLeaked ends a token that somebody found where it should not be, and
// tells its owner. Whoever has it may report it: that it is known is enough.
func (r *Registry) reportLeaked(secret string) error {
	t := r.tokens[secret]
	if t == nil {
		return refuse(http.StatusNotFound, "this is no token of ours")
	}
	if r.sins[LeakedTokenLives] {
		return nil
	}
	t.revoked = true
	if p := r.people[t.owner]; p != nil {
		r.mail.send(p.mail, "A token of "+p.name+" was found in public and revoked.")
	}
	return nil
}

// exchange gives a token for an identity token of the issuer that is trusted
// to publish the name.
func (r *Registry) exchange(e assay.Ecosystem, name, identity string) (*token, error) {
	if err := r.keys.verifyIdentity(e, name, identity, r.now(), r.sins[ForgedIdentity]); err != nil {
		return nil, refuse(http.StatusUnauthorized, "the identity token is refused: %v", err)
	}
	return r.issue(&token{owner: publisherName, kind: forIdentity, names: []string{claimKey(e, name)}, expires: r.now().Add(identityLife)}), nil
}
