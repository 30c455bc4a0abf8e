package auth

import (
	"strings"
	"time"
	"unicode"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// Grammars returns the grammar of an ecosystem; false if there is none here.
type Grammars func(assay.Ecosystem) (assay.Grammar, bool)

// NewToken asks for a token. With no pattern, and without Admin, it reads
// what anybody who says who they are may read.
type NewToken struct {
	Note    string   // what it is for, in words; may be empty
	Publish []string // patterns of packages it may publish, and read
	Read    []string // patterns of hosted packages it may read
	Admin   bool     // it may do all that the operator may
	// Expires is when it ends. The zero time means DefaultLife from now, and
	// no end at all only with Forever.
	Expires time.Time
	Forever bool
}

// DefaultLife is how long a token lives unless said otherwise.
const DefaultLife = 90 * 24 * time.Hour

// Bounds of what is kept of one token.
const (
	maxNote     = 200 // bytes
	maxPatterns = 50  // of each sort
	maxPattern  = 300 // bytes
)

// row makes what is kept of a new token, all but its hash. What is malformed
// is Invalid.
func (b *Book) row(by assay.Principal, n NewToken) (store.Token, error) {
	now := b.moment()
	t := store.Token{ID: newID(), Admin: n.Admin, Created: now, By: by.ID}
	var err error
	if t.Note, err = cleanNote(n.Note); err != nil {
		return store.Token{}, err
	}
	if t.Publish, err = b.grants("publish", n.Publish); err != nil {
		return store.Token{}, err
	}
	if t.Read, err = b.grants("read", n.Read); err != nil {
		return store.Token{}, err
	}
	switch {
	case n.Forever && !n.Expires.IsZero():
		return store.Token{}, assay.Errorf(assay.Invalid, "a token either has an end or never expires: say one of the two")
	case n.Forever:
	case n.Expires.IsZero():
		t.Expires = now.Add(DefaultLife)
	default:
		// Whoever writes 2026 for 2027 hears of it now, not at the first use.
		if t.Expires = kept(n.Expires); !t.Expires.After(now) {
			return store.Token{}, assay.Errorf(assay.Invalid, "the end %s has passed already: an end must lie ahead", t.Expires.Format(time.RFC3339))
		}
	}
	return t, nil
}

// cleanNote folds white space and refuses what would not be shown as it is.
func cleanNote(raw string) (string, error) {
	note := strings.Join(strings.Fields(raw), " ")
	if len(note) > maxNote {
		return "", assay.Errorf(assay.Invalid, "the note is %d bytes long, and %d is the most", len(note), maxNote)
	}
	if !visible(note) {
		return "", assay.Errorf(assay.Invalid, "the note has characters that cannot be shown")
	}
	return note, nil
}

// visible tells whether all of a text can be seen: no control characters, no
// marks that reorder what stands around them.
func visible(s string) bool {
	for _, r := range s {
		if r != ' ' && !unicode.IsGraphic(r) || r == unicode.ReplacementChar || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return false
		}
	}
	return true
}

// grants reads patterns and returns them as they are kept, each once.
func (b *Book) grants(what string, patterns []string) ([]string, error) {
	if len(patterns) > maxPatterns {
		return nil, assay.Errorf(assay.Invalid, "%d patterns to %s are too many, %d is the most: use a wider one, such as pkg:npm/@acme/*", len(patterns), what, maxPatterns)
	}
	var out []string
	seen := map[string]bool{}
	for _, text := range patterns {
		p, err := b.pattern(text)
		if err != nil {
			return nil, err
		}
		s := p.String()
		// What is kept must mean what was asked for when it is read again: an
		// escape inside an escape would come out as a star, and grant more.
		if again, err := b.pattern(s); err != nil || again.Name != p.Name {
			return nil, assay.Errorf(assay.Invalid, "%q holds escapes that no name needs: write it without them", text)
		}
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out, nil
}

func (b *Book) pattern(text string) (assay.Pattern, error) {
	if len(text) > maxPattern {
		return assay.Pattern{}, assay.Errorf(assay.Invalid, "a pattern is %d bytes long, and %d is the most", len(text), maxPattern)
	}
	eco, err := assay.PatternEcosystem(text)
	if err != nil {
		return assay.Pattern{}, err
	}
	grammar, known := b.grammars(eco)
	if !known {
		return assay.Pattern{}, assay.Errorf(assay.Invalid, "%q is of an ecosystem that is not served here", text)
	}
	p, err := assay.ParsePattern(text, grammar)
	switch {
	case err != nil:
		return assay.Pattern{}, err
	case p.Expr != "":
		return assay.Pattern{}, assay.Errorf(assay.Invalid, "%q names versions, and a token is for whole packages: leave out what follows the last @", text)
	case !visible(p.String()):
		return assay.Pattern{}, assay.Errorf(assay.Invalid, "the pattern %q has characters that cannot be shown", text)
	}
	return p, nil
}

// principal is who holds the token. A pattern that cannot be read any more,
// of an ecosystem that is gone, grants nothing; the log hears of it.
func (b *Book) principal(t *store.Token) assay.Principal {
	read := func(texts []string) []assay.Pattern {
		var out []assay.Pattern
		for _, text := range texts {
			p, err := b.pattern(text)
			if err != nil {
				b.o.Log.Warn("a token's pattern is not understood and grants nothing", "token", t.ID, "error", err)
				continue
			}
			out = append(out, p)
		}
		return out
	}
	return assay.Principal{ID: t.ID, Admin: t.Admin, Publish: read(t.Publish), Read: read(t.Read)}
}

// usable says in words why a token that is known is no longer let in; nil if
// it is.
func usable(t *store.Token, now time.Time) error {
	switch {
	case !t.Revoked.IsZero():
		return ended(t.ID, "was revoked", t.Revoked)
	case !t.Expires.IsZero() && !now.Before(t.Expires):
		return ended(t.ID, "expired", t.Expires)
	}
	return nil
}

func ended(id, how string, at time.Time) error {
	return assay.Errorf(assay.Unauthenticated, "the token %s %s on %s: an administrator makes a new one with assay token create",
		id, how, at.UTC().Format("2006-01-02 15:04 UTC"))
}
