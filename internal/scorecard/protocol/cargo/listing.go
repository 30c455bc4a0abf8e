package cargo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/order"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// Listing asks for a crate's file in the index.
func (a *acts) Listing(ctx context.Context, as scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
	if !addressable(name) {
		return scorecard.Listing{}, asking.Unclear("%q is no name that an index can be asked for", name)
	}
	// A crate without files has no address to fetch it from: its listing
	// stands all the same.
	c, answer := a.configured(ctx, as)
	if answer.Verdict != scorecard.Accepted && answer.Verdict != scorecard.Absent {
		return scorecard.Listing{}, answer
	}
	lower := strings.ToLower(name)
	res, answer := a.ask(ctx, asking.Question{URL: a.base + prefix(lower) + "/" + lower, As: as, Accept: "*/*", Limit: a.limits.Index})
	l, answer := readListing(name, res, answer, c, a.base, a.limits.Versions)
	for version, v := range l.Versions {
		a.files.Put(lower, version, v.File)
	}
	return l, answer
}

// readListing is the listing in an answer.
func readListing(name string, res scorecard.Response, answer scorecard.Answer, c config, base string, most int) (scorecard.Listing, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return scorecard.Listing{}, answer
	}
	if len(bytes.TrimSpace(res.Body)) == 0 || asking.IsWebPage(res) {
		return scorecard.Listing{}, asking.Spoilt(answer, "answered with %s instead of lines of versions", asking.KindOf(res))
	}
	l := scorecard.Listing{Name: name, Versions: map[string]scorecard.Version{}, Gone: map[string]string{}, Header: asking.KeptHeaders(res.Header), Raw: res.Body}
	var choice []string
	lines := 0
	for line := range bytes.SplitSeq(res.Body, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if lines++; lines > most {
			return scorecard.Listing{}, asking.Spoilt(answer, "answered with more than %d versions", most)
		}
		version, v, err := readLine(name, line)
		if err != nil {
			return scorecard.Listing{}, asking.Spoilt(answer, "answered with a line that is no version of it (line %d): %v", lines, err)
		}
		if _, twice := l.Versions[version]; twice {
			// Two readers could take two different ones.
			return scorecard.Listing{}, asking.Spoilt(answer, "answered with two lines of version %s", version)
		}
		if c.download != "" {
			v.File = asking.Absolute(base, expand(c.download, name, version, v.Digests["sha256"]))
		}
		if v.Status == assay.Active {
			choice = append(choice, version)
		}
		l.Versions[version] = v
	}
	l.Latest = order.Newest(assay.Cargo, choice)
	return l, answer
}

// readLine is one line of an index file.
func readLine(name string, line []byte) (string, scorecard.Version, error) {
	m := asking.Members(line)
	if m == nil {
		return "", scorecard.Version{}, errors.New("it is no JSON object")
	}
	// cargo itself looks a crate up by any of its spellings.
	if said := asking.Text(m["name"]); fold(said) != fold(name) {
		return "", scorecard.Version{}, fmt.Errorf("it is about %q", said)
	}
	const longest = 200
	version := asking.Text(m["vers"])
	if version == "" || len(version) > longest || version != scorecard.Words(version) || strings.ContainsAny(version, `/\ `) {
		return "", scorecard.Version{}, errors.New("it has no version")
	}
	v := scorecard.Version{Digests: map[string]string{}, Dependencies: map[string]string{}}
	if digest, ok := asking.Digest("sha256", asking.Text(m["cksum"])); ok {
		v.Digests["sha256"] = digest
	}
	switch string(bytes.TrimSpace(m["yanked"])) {
	case "true":
		v.Status = assay.Yanked
	case "", "null", "false":
	default:
		return "", scorecard.Version{}, errors.New("whether it is yanked is neither true nor false")
	}
	if at, err := time.Parse(time.RFC3339Nano, asking.Text(m["pubtime"])); err == nil {
		v.Published = at
	}
	// A crate that links to a library of the system is built with a script.
	v.InstallScript = asking.Text(m["links"]) != ""
	for _, raw := range asking.List(m["deps"]) {
		d := asking.Members(raw)
		if dependency := asking.Text(d["name"]); dependency != "" {
			v.Dependencies[asking.Typed(dependency)] = asking.Typed(asking.Text(d["req"]))
		}
	}
	return version, v, nil
}

// fold drops what cargo overlooks in a name.
func fold(name string) string { return strings.ReplaceAll(strings.ToLower(name), "_", "-") }

// File fetches a crate from where the index and config.json say that it is,
// also when its version has left the index since, as a locked build does.
func (a *acts) File(ctx context.Context, as scorecard.Credential, name, version string) (scorecard.File, scorecard.Answer) {
	lower := strings.ToLower(name)
	at, known := a.files.Get(lower, version)
	if !known {
		_, answer := a.Listing(ctx, as, name)
		if answer.Verdict != scorecard.Accepted && answer.Verdict != scorecard.Absent {
			return scorecard.File{}, answer
		}
		if at, known = a.files.Get(lower, version); !known {
			c, answer := a.configured(ctx, as)
			if answer.Verdict != scorecard.Accepted {
				return scorecard.File{}, answer
			}
			if at = asking.Absolute(a.base, expand(c.download, name, version, strings.Repeat("0", 64))); at == "" {
				return scorecard.File{}, asking.Unclear("the file of %s cannot be asked for", name+" "+version)
			}
		}
	}
	res, answer := a.ask(ctx, asking.Question{
		URL: at, As: as, Limit: a.limits.File, Accept: "*/*",
		// A server that calls a crate's compression an encoding would have it
		// unpacked on the way, and the digest would be of other bytes.
		Header: map[string]string{"Accept-Encoding": "identity"},
	})
	return asking.ReadFile(res, answer)
}
