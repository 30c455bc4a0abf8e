package cargo

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// config is what config.json says of a registry.
type config struct {
	download string // a template
	api      string // without a slash at its end, "" if there is none
}

func (a *acts) ask(ctx context.Context, q asking.Question) (scorecard.Response, scorecard.Answer) {
	return a.subject.Ask(ctx, q, said)
}

// configured reads config.json, the first time.
func (a *acts) configured(ctx context.Context, as scorecard.Credential) (config, scorecard.Answer) {
	a.mu.Lock()
	known := a.config
	a.mu.Unlock()
	if known != nil {
		return *known, scorecard.Answer{Verdict: scorecard.Accepted}
	}
	c, _, answer := a.readConfig(ctx, as)
	if answer.Verdict == scorecard.Accepted {
		a.mu.Lock()
		a.config = &c
		a.mu.Unlock()
	}
	return c, answer
}

// readConfig reads it anew.
func (a *acts) readConfig(ctx context.Context, as scorecard.Credential) (config, scorecard.Response, scorecard.Answer) {
	res, answer := a.ask(ctx, asking.Question{URL: a.base + "config.json", As: as, Accept: "application/json", Limit: a.limits.Answer})
	c, answer := readConfig(res, answer)
	return c, res, answer
}

func readConfig(res scorecard.Response, answer scorecard.Answer) (config, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return config{}, answer
	}
	m := asking.Members(res.Body)
	c := config{download: asking.Text(m["dl"]), api: strings.TrimRight(asking.Text(m["api"]), "/")}
	if c.download == "" || asking.Absolute(res.At, expand(c.download, "itoa", "1.0.0", "")) == "" {
		return config{}, asking.Spoilt(answer, "answered with %s instead of a config.json that says where crates are", asking.KindOf(res))
	}
	if c.api != "" && asking.Absolute("", c.api) == "" {
		return config{}, asking.Spoilt(answer, "its config.json names %q as the address of its calls", scorecard.Words(c.api))
	}
	return c, answer
}

// expand is the address of a crate's file: the template with its markers, or,
// without any, the usual path behind it.
func expand(template, name, version, checksum string) string {
	name, version = url.PathEscape(name), url.PathEscape(version)
	whole := strings.NewReplacer(
		"{crate}", name, "{version}", version, "{prefix}", prefix(name),
		"{lowerprefix}", prefix(strings.ToLower(name)), "{sha256-checksum}", checksum,
	).Replace(template)
	if whole == template {
		whole = strings.TrimRight(template, "/") + "/" + name + "/" + version + "/download"
	}
	return whole
}

// prefix is the folder of a crate's index file.
func prefix(name string) string {
	switch len(name) {
	case 0:
		return ""
	case 1, 2:
		return fmt.Sprint(len(name))
	case 3:
		return "3/" + name[:1]
	}
	return name[:2] + "/" + name[2:4]
}

// addressable tells names that can stand in an address of the index. Those
// that no registry takes may be asked for all the same, because trials ask
// what becomes of them.
func addressable(name string) bool {
	const longest = 200
	if name == "" || len(name) > longest || strings.Trim(name, ".") == "" {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`/\?#%:`, r)
	})
}

// said are the words of a refusal, which stand in a list of errors.
func said(res scorecard.Response) string {
	var words []string
	for _, e := range asking.List(asking.Members(res.Body)["errors"]) {
		if s := asking.Text(asking.Members(e)["detail"]); s != "" && len(words) < 3 {
			words = append(words, s)
		}
	}
	return strings.Join(words, "; ")
}
