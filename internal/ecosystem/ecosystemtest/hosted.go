package ecosystemtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// Hosted is a World whose packages can be published to a place as well: what
// the suite must know to drive the other half of an ecosystem (RunHosted).
type Hosted interface {
	World
	// Private spells a short form as a name that Claim covers, and that holds
	// the short form as it is. The suite's short forms are lower-case words.
	// Where the ecosystem has scopes, groups or prefixes, it is "vaultworks".
	Private(short string) string
	// Claim is the pattern that claims every private name, and no name that
	// Name spells.
	Claim() string
	// Upload publishes a version to the place at base as the package manager
	// does it over HTTP, with all requests that this takes and the token as
	// the package manager sends it; "" sends none. It answers the first reply
	// that is no success, or else the last. An error is only for what never
	// came to an answer.
	Upload(ctx context.Context, base, token string, up Upload) (Reply, error)
	// Probes are requests by which a client can ask about a package and one of
	// its versions: the listing in each form, the files and what lies beside
	// them, searches with the whole name in them, checks of many names at once,
	// and the name in spellings that mean the same. The same name and version give the same probes, and
	// two names of the same length probes of the same number and order.
	Probes(name, version string) []Probe
}

// Yanker is a Hosted world whose protocol can take a version back.
type Yanker interface {
	Hosted
	// Yank takes a version back as the package manager does, or with undo
	// gives it again.
	Yank(ctx context.Context, base, token, name, version string, undo bool) (Reply, error)
}

// Upload is a version to be published, spelt as the world's own methods do.
type Upload struct {
	Name, Version string
	// Edition gives the version other bytes: the same edition has the same.
	Edition int
	// Broken asks for an archive that is cut off in its middle, with digests
	// that are right for what is sent.
	Broken bool
}

// Reply is what an upload or a yank was answered.
type Reply struct {
	Status int
	Text   string // the body
	// Sent are the bytes of the version's main file, the one at FilePath.
	Sent []byte
}

// Probe is a request below a place's base.
type Probe struct {
	Method      string // "" is GET
	Path        string
	Accept      string
	ContentType string // of Body
	Body        string
}

// WithToken returns a context in which the worlds' own questions, Choices and
// Default, are asked with a token.
func WithToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

type tokenKey struct{}

// authorize gives a request the token of its context, if there is one. A
// world that does not ask by get must call it.
func authorize(r *http.Request) {
	if token, ok := r.Context().Value(tokenKey{}).(string); ok && token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
}

// send sends a body with headers, given as pairs, and reads the answer.
// Without redirects: a package manager that publishes follows none.
func send(ctx context.Context, method, url string, body []byte, header ...string) (Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return Reply{}, fmt.Errorf("asking %s: %w", url, err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return Reply{}, fmt.Errorf("asking %s: %w", url, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return Reply{}, fmt.Errorf("reading the answer of %s: %w", url, err)
	}
	return Reply{Status: answer.StatusCode, Text: string(text)}, nil
}

// bearer is an Authorization header's value; "" for no token.
func bearer(token string) string {
	if token == "" {
		return ""
	}
	return "Bearer " + token
}
