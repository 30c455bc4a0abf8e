package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/card"
)

// sealed makes a small card with a witness, and writes it and the public key
// of its signer.
func sealed(t *testing.T) (dir string, raw []byte) {
	t.Helper()
	dir = t.TempDir()
	table, err := newScoreTable()
	if err != nil {
		t.Fatal(err)
	}
	key, other := newTestKey(t), newTestKey(t)
	subject := scorecard.Subject{Name: "registry.example", Addresses: map[assay.Ecosystem]string{assay.NPM: "https://registry.example/npm/"}}
	judged := []scorecard.Judged{}
	for _, c := range table.checks[:3] {
		e := scorecard.Evidence{
			Check: c.Definition().ID, Version: c.Definition().Version, Protocol: assay.NPM,
			Missing:   &scorecard.Missing{Outcome: scorecard.CouldNotTell, Reason: "it did not answer"},
			Exchanges: []scorecard.Exchange{{Method: "GET", URL: "https://registry.example/npm/lodash", Fault: "no answer"}},
		}
		judged = append(judged, scorecard.Judged{Evidence: e, Finding: scorecard.Judge(c, e)})
	}
	c := card.Card{Subject: subject, Protocols: []assay.Ecosystem{assay.NPM}, Catalogue: card.Ref(table.catalogue), Made: time.Now().UTC(), Tool: scoreTool(), Judged: judged}
	c.Standings = assess.Derive(assess.Input{Catalogue: table.catalogue, Definitions: table.definitions(), Judged: judged})
	if raw, err = card.Seal(t.Context(), c, key, nil); err != nil {
		t.Fatal(err)
	}
	opened, err := table.reader().Open(t.Context(), raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	agreed, _ := card.Compare(judged, judged)
	if raw, err = card.Countersign(t.Context(), opened, card.Witness{Made: time.Now().UTC(), Tool: scoreTool(), Agreed: agreed, Judged: judged}, other, nil); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "signer.pem"), []byte(key.Public().PEM()))
	write(t, filepath.Join(dir, "other.pem"), []byte(other.Public().PEM()))
	return dir, raw
}

func newTestKey(t *testing.T) card.Key {
	t.Helper()
	key, err := card.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// envelope is a card as whoever tampers with it sees it.
type envelope struct {
	PayloadType string            `json:"payloadType"`
	Payload     string            `json:"payload"`
	Signatures  []json.RawMessage `json:"signatures"`
	Witnesses   []json.RawMessage `json:"witnesses,omitempty"`
	Added       string            `json:"added,omitempty"`
}

func TestTamperedCardsAreRefusedWithTheReason(t *testing.T) {
	dir, raw := sealed(t)
	change := func(f func(e *envelope)) []byte {
		var e envelope
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		f(&e)
		out, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	payload := func(old, by string) []byte {
		return change(func(e *envelope) {
			inside, err := base64.StdEncoding.DecodeString(e.Payload)
			if err != nil || !bytes.Contains(inside, []byte(old)) {
				t.Fatalf("the payload holds no %q (%v)", old, err)
			}
			e.Payload = base64.StdEncoding.EncodeToString(bytes.Replace(inside, []byte(old), []byte(by), 1))
		})
	}
	cases := []struct {
		name string
		card []byte
		key  string
		says string
	}{
		{"as it is, with its key", raw, "signer.pem", ""},
		{"as it is, without a key", raw, "", ""},
		{"the key of somebody else", raw, "other.pem", "is not signed by this key"},
		{"a better state", payload(`"state":"unknown"`, `"state":"met"`), "", "was changed after it was signed"},
		{"a better state, with the key", payload(`"state":"unknown"`, `"state":"met"`), "signer.pem", "is not signed by this key"},
		{"another subject", payload("registry.example", "registry.examp1e"), "", "was changed after it was signed"},
		{"another version of the statement", payload("/scorecard/v1", "/scorecard/v2"), "", "of another version"},
		{"another kind of statement", payload("https://assay.invalid/scorecard/v1", "https://slsa.example/provenance/v1"), "", "is a \"https://slsa.example/provenance/v1\""},
		{"another form of statement", payload("in-toto.io/Statement/v1", "in-toto.io/Statement/v9"), "", "this build reads https://in-toto.io/Statement/v1"},
		{"no signature", change(func(e *envelope) { e.Signatures = nil }), "", "its signature is missing"},
		{"an empty signature", change(func(e *envelope) { e.Signatures = []json.RawMessage{[]byte(`{"sig":""}`)} }), "", "signature does not fit"},
		{"the signature of the witness", change(func(e *envelope) {
			var w envelope
			if err := json.Unmarshal(e.Witnesses[0], &w); err != nil {
				t.Fatal(err)
			}
			e.Signatures = w.Signatures
		}), "", "signature does not fit"},
		{"another payload type", change(func(e *envelope) { e.PayloadType = "text/plain" }), "", "not an in-toto statement"},
		{"a payload that is no base64", change(func(e *envelope) { e.Payload = "!" + e.Payload }), "", "is not base64"},
		{"a field that nobody knows", change(func(e *envelope) { e.Added = "x" }), "", "this is not a card"},
		{"something behind it", append(bytes.Clone(raw), "{}"...), "", "something follows"},
		{"cut short", raw[:len(raw)/2], "", "this is not a card"},
		{"empty", nil, "", "this is not a card"},
		{"the witness removed", change(func(e *envelope) { e.Witnesses = nil }), "", ""},
		{"a witness of another card", change(func(e *envelope) { e.Witnesses = append(e.Witnesses, foreignWitness(t)) }), "", "witness 2: it was made for another card"},
		{"a witness whose signature was changed", change(func(e *envelope) {
			e.Witnesses[0] = bytes.Replace(e.Witnesses[0], []byte(`"sig":"`), []byte(`"sig":"AAAA`), 1)
		}), "", "witness 1:"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			name := filepath.Join(dir, "card.json")
			write(t, name, c.card)
			args := []string{"score", "verify", name}
			if c.key != "" {
				args = append(args, "--key", filepath.Join(dir, c.key))
			}
			code, out, errs := call(t, nil, args...)
			if c.says == "" {
				if code != exitOK || !strings.Contains(out, "is intact") || errs != "" {
					t.Errorf("exit %d, %q, %q", code, out, errs)
				}
				if witnessed := strings.Contains(out, "found the same for 3 findings"); witnessed != (c.name != "the witness removed") {
					t.Errorf("witnesses: %s", out)
				}
				return
			}
			if code != exitFailed || out != "" || !strings.Contains(errs, c.says) {
				t.Errorf("exit %d, %q, %q; want exit 1 and %q", code, out, errs, c.says)
			}
		})
	}
}

// foreignWitness is a witness that was made for another card.
func foreignWitness(t *testing.T) json.RawMessage {
	t.Helper()
	_, raw := sealed(t)
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e.Witnesses[0]
}

// TestNoByteOfACardCanBeChanged flips a bit in bytes all over a card. Either
// it is refused, or what it says and who signed it are what they were: JSON
// has blanks, and base64 spare bits, that mean nothing.
func TestNoByteOfACardCanBeChanged(t *testing.T) {
	_, raw := sealed(t)
	table, err := newScoreTable()
	if err != nil {
		t.Fatal(err)
	}
	said := func(b []byte) (string, error) {
		o, err := table.reader().Open(context.Background(), b, nil)
		if err != nil {
			return "", err
		}
		text, err := json.Marshal(struct {
			Card      card.Card
			Signer    string
			Witnesses int
		}{o.Card, o.Signer.Fingerprint(), len(o.Witnesses)})
		return string(text), err
	}
	before, err := said(raw)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for at := 0; at < len(raw); at += 97 {
		changed := bytes.Clone(raw)
		changed[at] ^= 1
		after, err := said(changed)
		switch {
		case err != nil:
			refused++
		case after != before:
			t.Errorf("byte %d: %q became %q, and the card says something else", at, raw[at], changed[at])
		}
	}
	if refused < len(raw)/97*9/10 {
		t.Errorf("only %d of %d changes were refused", refused, len(raw)/97)
	}
}

// TestACheckThatFailsOverEvidenceRefusesTheCard: whoever signs a card writes
// its evidence, and could write what makes a check of the reader fail.
func TestACheckThatFailsOverEvidenceRefusesTheCard(t *testing.T) {
	table, err := newScoreTable()
	if err != nil {
		t.Fatal(err)
	}
	d := scorecard.Definition{ID: "fragile", Kind: scorecard.Probe, Version: 1, Capability: "yank", Question: "Does it?"}
	table.checks = []scorecard.Check{scorecard.Make(d,
		func(context.Context, *scorecard.Bench) ([]int, error) { return []int{1}, nil },
		func(seen []int) scorecard.Finding { return scorecard.Found(scorecard.Holds, string(rune(seen[0]))) })}
	c := card.Card{Subject: scorecard.Subject{Name: "x"}, Catalogue: card.Ref(table.catalogue), Judged: []scorecard.Judged{{
		Evidence: scorecard.Evidence{Check: "fragile", Version: 1, Seen: json.RawMessage("[]")}, Finding: scorecard.Found(scorecard.Holds, "good"),
	}}}
	raw, err := card.Seal(t.Context(), c, newTestKey(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.reader().Open(t.Context(), raw, nil); !assay.Is(err, assay.Unsound) || !strings.Contains(err.Error(), "does not follow from its evidence") {
		t.Errorf("%v", err)
	}
}

func TestScoreUsageMistakes(t *testing.T) {
	home := t.TempDir()
	cases := []struct {
		name string
		args []string
		says string
	}{
		{"no address", []string{"score"}, "needs an address"},
		{"no protocol", []string{"score", "https://registry.example/"}, "say through which protocol"},
		{"a protocol without an address", []string{"score", "--as", "npm"}, "--as npm needs an address"},
		{"a protocol that nobody knows", []string{"score", "https://registry.example/", "--as", "cpan"}, `"cpan" is none of them`},
		{"a protocol that there is not", []string{"score", "https://registry.example/", "--as", "hex"}, "--as takes npm, golang, pypi, cargo or maven"},
		{"a protocol twice", []string{"score", "https://registry.example/", "--as", "go", "--as", "golang"}, "--as golang stands there twice"},
		{"an address that is not used", []string{"score", "https://registry.example/", "--as", "npm=https://other.example/"}, "is not used"},
		{"credentials in an address", []string{"score", "https://me:secret@registry.example/", "--as", "npm"}, "holds no credentials"},
		{"another scheme", []string{"score", "ftp://registry.example/", "--as", "npm"}, "begins with https:// or http://"},
		{"a query", []string{"score", "https://registry.example/?token=x", "--as", "npm"}, "ends before ? and #"},
		{"two addresses", []string{"score", "https://a.example/", "https://b.example/", "--as", "npm"}, "one word too many"},
		{"a command that there is not", []string{"score", "verfy"}, `there is verify`},
		{"a page that nobody knows", []string{"score", "https://registry.example/", "--as", "npm", "--page", "home=https://x.example/"}, "the names are advisories, assessment"},
		{"a page without an address", []string{"score", "https://registry.example/", "--as", "npm", "--page", "log"}, "--page log needs an address"},
		{"a package page without a name in it", []string{"score", "https://registry.example/", "--as", "npm", "--page", "package=https://x.example/p"}, "{name}"},
		{"a form that there is not", []string{"score", "https://registry.example/", "--as", "npm", "-o", "pdf"}, `"pdf" is none of them`},
		{"a token without a trial", []string{"score", "https://registry.example/", "--as", "npm", "--token-file", "x"}, "add --trial"},
		{"a name that cannot differ", []string{"score", "http://127.0.0.1:1/", "--as", "npm", "--trial", "--trial-name", "@acme/x"}, "takes one *"},
		{"a host that is an address", []string{"score", "http://127.0.0.1:1/", "--as", "npm", "--trial", "--i-may-test", "https://x.example/"}, "takes the name of a host"},
		{"a trial elsewhere", []string{"score", "https://registry.example/", "--as", "npm", "--trial"}, "nothing was sent"},
		{"a trial of what only looks like this machine", []string{"score", "https://127.0.0.1.registry.example/", "--as", "npm", "--trial"}, "nothing was sent"},
		{"a server that cannot be started", []string{"score", "--start", "nothing"}, `"nothing" is none of them`},
		{"a started server with an address", []string{"score", "https://registry.example/", "--start", "assay"}, "leave out the address"},
		{"a started server with tokens", []string{"score", "--start", "assay", "--token-file", "x"}, "leave out --token-file"},
		{"a server of ours", []string{"score", "https://registry.example/", "--as", "npm", "--server", "https://x.example"}, "--server is for the other commands"},
		{"a data directory", []string{"assess", "new", "--data", "x"}, "--data is for the other commands"},
		{"a token for what sends none", []string{"score", "verify", "card.json", "--token-file", "x"}, "sends no token"},
		{"no card", []string{"score", "verify"}, "needs a card"},
		{"checks as a page", []string{"score", "checks", "-o", "html"}, `takes text, json or md`},
		{"a rerun with a token and no trial", []string{"score", "rerun", "card.json", "--token-file", "x"}, "add --trial"},
		{"a witness without a place", []string{"score", "witness", "-"}, "--output FILE"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code, out, errs := call(t, []string{"HOME=" + home}, c.args...)
			if code != exitUsage || out != "" || !strings.Contains(errs, c.says) {
				t.Errorf("exit %d, output %q, errors %q; want exit 2 and %q", code, out, errs, c.says)
			}
			if strings.Contains(errs, "secret") {
				t.Errorf("the credentials are repeated: %s", errs)
			}
			if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
				t.Errorf("a mistake left %v (%v)", left, err)
			}
		})
	}
}

// TestTheDocumentOfChecksIsUpToDate: docs/checks.md is what 'assay score
// checks -o md' prints.
func TestTheDocumentOfChecksIsUpToDate(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("..", "..", "docs", "checks.md"))
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := call(t, nil, "score", "checks", "-o", "md")
	if code != exitOK || errs != "" {
		t.Fatalf("exit %d, %q", code, errs)
	}
	if out != string(want) {
		t.Error("docs/checks.md is not what is printed: run 'go run ./cmd/assay score checks -o md > docs/checks.md'")
	}
}

func TestOnesOwnKeyIsMadeOnceAndForOneselfAlone(t *testing.T) {
	home := t.TempDir()
	env := []string{"HOME=" + home}
	code, first, errs := call(t, env, "score", "key")
	if code != exitOK || !strings.Contains(first, "BEGIN PUBLIC KEY") || !strings.Contains(errs, "Made a key") {
		t.Fatalf("exit %d, %q, %q", code, first, errs)
	}
	name := filepath.Join(home, ".config", "assay", "score.key")
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v (%v)", info.Mode(), err)
	}
	if code, again, errs := call(t, env, "score", "key"); code != exitOK || again != first || errs != "" {
		t.Errorf("exit %d, %q, %q", code, again, errs)
	}
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, errs := call(t, env, "score", "key"); !strings.Contains(errs, "chmod 600") {
		t.Errorf("a key that others can read: %q", errs)
	}
	elsewhere := t.TempDir()
	if code, out, _ := call(t, append(env, "XDG_CONFIG_HOME="+elsewhere), "score", "key"); code != exitOK || out == first {
		t.Errorf("exit %d: the key of another configuration directory is the same", code)
	}
	if code, _, errs := call(t, nil, "score", "key"); code != exitFailed || !strings.Contains(errs, "--key FILE") {
		t.Errorf("without a home: exit %d, %q", code, errs)
	}
	write(t, name, []byte("no key\n"))
	if code, _, errs := call(t, env, "score", "key"); code != exitFailed || !strings.Contains(errs, "not a private key") {
		t.Errorf("a spoilt key: exit %d, %q", code, errs)
	}
}

func TestAFileIsReplacedWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "card.json")
	write(t, name, []byte("old"))
	if err := writeWhole(name, []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(name); err != nil || string(raw) != "new" {
		t.Errorf("%q (%v)", raw, err)
	}
	taken := filepath.Join(dir, "taken")
	if err := os.Mkdir(taken, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{taken, filepath.Join(dir, "absent", "card.json")} {
		if err := writeWhole(bad, []byte("new"), 0o644); !assay.Is(err, assay.Forbidden) || !strings.Contains(err.Error(), "cannot be written") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if err := writeNew(name, nil, 0o644); !assay.Is(err, assay.Conflict) {
		t.Errorf("a file was written over: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left: %v (%v)", left, err)
	}
}
