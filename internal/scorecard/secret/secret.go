// Package secret finds known secrets in text that is to be published, and
// cuts them out.
//
// A subject may repeat a credential in its answer: in an error message, in an
// address, in a description. Then the credential must not reach the card, and
// the subject must not escape being scored by doing so. What is cut out is
// told by Mark. Only the forms of Forms are found: who means to smuggle a
// secret past it can, and knew the secret anyway.
package secret

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// Mark stands where a secret was cut out.
const Mark = "[secret]"

// ellipsis ends a text that was cut to its bound, perhaps within a secret.
const ellipsis = "…"

// shortest is the shortest beginning of a secret that is cut out before an
// ellipsis: less gives nothing away, and stands in ordinary words.
const shortest = 8

// Forms are the ways in which a secret may be written: as it is, in JSON, in
// an address, in base64 (at each of its three offsets, without the ends that
// depend on what stands around it) and in hex.
func Forms(s string) []string {
	out := []string{s, url.QueryEscape(s), url.PathEscape(s), hex.EncodeToString([]byte(s))}
	if quoted, err := json.Marshal(s); err == nil {
		out = append(out, string(quoted[1:len(quoted)-1]))
	}
	for offset := range 3 {
		padded := append(make([]byte, offset), s...)
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			coded := enc.EncodeToString(padded)
			if from, to := (offset*8+5)/6, len(padded)*8/6; to-from >= 8 {
				out = append(out, coded[from:to])
			}
		}
	}
	return out
}

// Cutter cuts secrets out of texts.
type Cutter struct {
	secrets []string
	forms   *strings.Replacer
}

// NewCutter makes a cutter for secrets.
func NewCutter(secrets []string) *Cutter {
	c := &Cutter{}
	var pairs []string
	// The longest first: a secret that begins another would leave its end.
	for _, s := range slices.SortedFunc(slices.Values(secrets), func(a, b string) int { return len(b) - len(a) }) {
		if s == "" {
			continue
		}
		c.secrets = append(c.secrets, s)
		for _, form := range Forms(s) {
			pairs = append(pairs, form, Mark)
		}
	}
	c.forms = strings.NewReplacer(pairs...)
	return c
}

// Cut is a text with Mark in place of every secret, and of the beginning of a
// secret where the text was cut to its bound.
func (c *Cutter) Cut(text string) string {
	if len(c.secrets) == 0 {
		return text
	}
	text = c.forms.Replace(text)
	if !strings.Contains(text, ellipsis) {
		return text
	}
	parts := strings.Split(text, ellipsis)
	for i, part := range parts[:len(parts)-1] {
		parts[i] = c.withoutBeginning(part)
	}
	return strings.Join(parts, ellipsis)
}

// withoutBeginning is a text without the beginning of a secret at its end.
func (c *Cutter) withoutBeginning(text string) string {
	for _, s := range c.secrets {
		for n := min(len(s)-1, len(text)); n >= shortest; n-- {
			if strings.HasSuffix(text, s[:n]) {
				return text[:len(text)-n] + Mark
			}
		}
	}
	return text
}
