package cli

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/checks"
	"assay.invalid/internal/scorecard/protocol/golang"
)

// target is what --as and the operand name: base addresses by ecosystem, in
// the order in which they were named.
type target struct {
	order     []assay.Ecosystem
	addresses map[assay.Ecosystem]string
}

// host names the target where nobody gave it a name.
func (t target) host() string {
	if len(t.order) == 0 {
		return ""
	}
	u, err := url.Parse(t.addresses[t.order[0]])
	if err != nil {
		return ""
	}
	return u.Host
}

// ecosystemWord reads the name of an ecosystem as people type it.
func ecosystemWord(s string) (assay.Ecosystem, bool) {
	if s == "go" {
		return assay.Golang, true
	}
	return assay.Ecosystem(s), len(scoreProtocols([]assay.Ecosystem{assay.Ecosystem(s)}, golang.Config{})) > 0
}

// protocolWords are the protocols there are, in a sentence.
func protocolWords(last string) string {
	var names []string
	for _, p := range checks.Protocols(checks.Config{}) {
		names = append(names, string(p.Ecosystem()))
	}
	end := len(names) - 1
	return strings.Join(names[:end], ", ") + " " + last + " " + names[end]
}

// readTarget joins the operand, "" for none, with the words of --as.
func readTarget(cmd *cobra.Command, operand string, as []string) (target, error) {
	t := target{addresses: map[assay.Ecosystem]string{}}
	used := false
	for _, word := range as {
		name, address, own := strings.Cut(word, "=")
		e, ok := ecosystemWord(name)
		switch {
		case !ok:
			return t, misused(cmd, "--as takes %s, and %q is none of them", protocolWords("or"), clean(name))
		case t.addresses[e] != "":
			return t, misused(cmd, "--as %s stands there twice", e)
		case !own && operand == "":
			return t, misused(cmd, "--as %s needs an address: give one as the operand, or write --as %s=ADDRESS", e, e)
		case !own:
			address, used = operand, true
		}
		base, err := baseAddress(cmd, address)
		if err != nil {
			return t, err
		}
		t.order = append(t.order, e)
		t.addresses[e] = base
	}
	switch {
	case operand == "" && len(as) == 0:
		return t, misused(cmd, "'%s' needs an address%s", cmd.CommandPath(), example(cmd))
	case operand != "" && len(as) == 0:
		return t, misused(cmd, "say through which protocol %s is asked: --as with %s", clean(operand), protocolWords("or"))
	case operand != "" && !used:
		return t, misused(cmd, "every --as has an address of its own, so %q is not used: leave it out", clean(operand))
	}
	return t, nil
}

// baseAddress reads a base address. It ends in a slash afterwards.
func baseAddress(cmd *cobra.Command, raw string) (string, error) {
	// Cargo's own settings write its kind of index in front of the address.
	raw = strings.TrimPrefix(raw, "sparse+")
	u, err := url.Parse(raw)
	switch {
	case err != nil || strings.Contains(raw, "@") && (u.Scheme == "" || u.User != nil):
		// The address is not repeated: somebody may have put a token in it.
		return "", misused(cmd, "an address holds no credentials, which would stand in the list of processes: put a token into a file and name it with --token-file")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "", misused(cmd, "%q is not the address of a package repository: it begins with https:// or http://", clean(raw))
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", misused(cmd, "an address of a package repository ends before ? and #: %s://%s%s", u.Scheme, clean(u.Host), clean(u.EscapedPath()))
	}
	if !strings.HasSuffix(u.Path, "/") {
		u = u.JoinPath("/")
	}
	return u.String(), nil
}

// readPages reads --page NAME=URL.
func readPages(cmd *cobra.Command, words []string) (map[string]string, error) {
	out := map[string]string{}
	for _, word := range words {
		name, address, ok := strings.Cut(word, "=")
		if _, known := scorecard.PageNames[name]; !known {
			return nil, misused(cmd, "--page knows no page %q: the names are %s", clean(name), strings.Join(slices.Sorted(maps.Keys(scorecard.PageNames)), ", "))
		}
		u, err := url.Parse(address)
		if !ok || err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			return nil, misused(cmd, "--page %s needs an address without credentials after it: --page %s=https://registry.example/...", name, name)
		}
		if name == "package" && !strings.Contains(address, "{name}") {
			return nil, misused(cmd, "--page package needs {name} where the package's name stands: --page 'package=https://registry.example/package/{name}'")
		}
		out[name] = address
	}
	return out, nil
}
