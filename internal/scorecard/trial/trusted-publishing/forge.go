package trustedpublishing

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// forgery is an identity token that no issuer signed, by words that may
// stand in a card.
type forgery struct{ words, identity string }

// forgeries are identity tokens that must not be taken. With a genuine one at
// hand they are made of it, so that nothing but the signature is wrong; without,
// they are as plausible as an outsider can make them.
func forgeries(genuine, name string, now time.Time) []forgery {
	encode := func(v any) string {
		text, _ := json.Marshal(v) // maps of text and numbers always encode
		return base64.RawURLEncoding.EncodeToString(text)
	}
	claims := encode(map[string]any{
		"iss": "https://issuer.example", "aud": "registry.example", "sub": "repo:example/" + name + ":ref:refs/heads/main",
		"repository": "example/" + name, "iat": now.Unix(), "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(10 * time.Minute).Unix(),
		"jti": fmt.Sprint(now.UnixNano()),
	})
	header := encode(map[string]any{"alg": "RS256", "typ": "JWT", "kid": "1"})
	signature := base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("no signature at all. ", 13))[:256])
	if parts := strings.Split(genuine, "."); len(parts) == 3 {
		header, claims, signature = parts[0], parts[1], disturb(parts[2])
	}
	return []forgery{
		{"with a signature that does not fit", header + "." + claims + "." + signature},
		// The oldest attack on such tokens: one that says itself that it
		// is not signed.
		{"that says it is not signed", encode(map[string]any{"alg": "none", "typ": "JWT"}) + "." + claims + "."},
	}
}

// disturb changes a letter in the middle: the last one may hold bits that
// nobody reads.
func disturb(signature string) string {
	if signature == "" {
		return "AAAA"
	}
	b := []byte(signature)
	if i := len(b) / 2; b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}
