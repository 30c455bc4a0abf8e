package npm

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/npm/wire"
	"assay.invalid/internal/scorecard"
)

// statusIn is the status that a notice tells. npm has one field for all of
// them, so a registry that knows more begins with the word, perhaps after its
// own name ("assay: experimental: not for production"); where several
// warnings are joined by a semicolon, the gravest counts.
func statusIn(notice string) assay.Status {
	if strings.TrimSpace(notice) == "" {
		return assay.Active
	}
	words := map[string]assay.Status{
		"experimental": assay.Experimental, "yanked": assay.Yanked, "quarantined": assay.Quarantined,
	}
	status := assay.Deprecated
	first := true
	for part := range strings.SplitSeq(notice, ";") {
		part = strings.TrimLeft(strings.ToLower(part), " [(")
		if name, rest, ok := strings.Cut(part, ": "); ok && first && !strings.Contains(name, " ") && words[name] == assay.Active {
			part = rest
		}
		first = false
		for word, s := range words {
			if rest, ok := strings.CutPrefix(part, word); ok && !startsWithLetter(rest) {
				status = max(status, s)
			}
		}
	}
	return status
}

func startsWithLetter(s string) bool {
	for _, r := range s {
		return unicode.IsLetter(r)
	}
	return false
}

// gone are the versions that a document still speaks of and does not list:
//
//   - time keeps the moment of a version that was unpublished;
//   - time.unpublished is left of a package that was withdrawn as a whole;
//   - removed, beside versions or in time, is how some say why;
//   - policyRestrictions names versions that npm is told about and refused.
func gone(document map[string]json.RawMessage, listed map[string]scorecard.Version) map[string]string {
	all := map[string]string{}
	add := func(version, words string) {
		if _, there := listed[version]; there || !isVersion(version) {
			return
		}
		if words = scorecard.Words(words); words != "" || all[version] == "" {
			all[version] = words
		}
	}
	times := members(document["time"])
	for key := range times {
		add(key, "")
	}
	for _, raw := range []json.RawMessage{times["unpublished"], document["unpublished"], times["removed"], document["removed"], document["_removed"]} {
		for version, words := range traces(raw) {
			add(version, words)
		}
	}
	restrictions := members(document["policyRestrictions"])
	message := text(restrictions["message"])
	for version := range members(restrictions["versions"]) {
		add(version, lineAbout(message, version))
	}
	return all
}

func isVersion(s string) bool {
	v, err := wire.Grammar{}.Version(s)
	return err == nil && v == s
}

// traces reads versions and what is said of each: an object with "versions"
// and one reason for all, an object by version, or an array.
func traces(raw json.RawMessage) map[string]string {
	found := map[string]string{}
	m := members(raw)
	each := list(raw)
	common := ""
	if versions, ok := m["versions"]; ok {
		common = reasonIn(m)
		each = list(versions)
		m = members(versions)
	}
	for _, e := range each {
		if version := text(e); version != "" {
			found[version] = common
		} else if o := members(e); o != nil {
			found[text(o["version"])] = reasonIn(o)
		}
	}
	for version, e := range m {
		words := text(e)
		if o := members(e); o != nil {
			words = reasonIn(o)
		}
		if words == "" {
			words = common
		}
		found[version] = words
	}
	return found
}

func reasonIn(m map[string]json.RawMessage) string {
	for _, key := range []string{"reason", "message", "note"} {
		if s := text(m[key]); s != "" {
			return s
		}
	}
	return ""
}

// lineAbout is the line of a message that names the version, else all of it.
func lineAbout(message, version string) string {
	for line := range strings.SplitSeq(message, "\n") {
		for word := range strings.FieldsFuncSeq(line, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ':' }) {
			if word == version {
				return line
			}
		}
	}
	return message
}

// newest is the highest release, else the highest version; "" of none.
func newest(versions map[string]json.RawMessage) string {
	g := wire.Grammar{}
	best := ""
	for _, v := range slices.Sorted(maps.Keys(versions)) {
		if best == "" || g.Prerelease(best) && !g.Prerelease(v) || g.Prerelease(best) == g.Prerelease(v) && g.Compare(v, best) > 0 {
			best = v
		}
	}
	return best
}
