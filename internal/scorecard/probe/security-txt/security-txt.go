// Package securitytxt asks whether there is a security.txt that says to whom
// a vulnerability is reported, and that is still meant.
//
// Somebody who finds a hole at night looks at one place
// (/.well-known/security.txt, RFC 9116). A file without a contact or one that
// ran out sends the report nowhere. It must be plain text, name a contact
// that can be reached (mailto:, https: or tel:) and carry one date of expiry
// in the future and not much more than a year ahead. Whether it is signed is
// said and does not decide; the signature is not checked.
package securitytxt

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
)

// Seen is what is written down.
type Seen struct {
	// At is when it was looked at, against which the expiry is judged.
	At      time.Time `json:"at"`
	Address string    `json:"address"`
	Status  int       `json:"status"`
	// Type is the media type, Web says that a web page stands there.
	Type string `json:"type,omitempty"`
	Web  bool   `json:"web,omitempty"`
	// Fields is how many fields the file has.
	Fields   int      `json:"fields"`
	Contacts []string `json:"contacts,omitempty"`
	// Unusable is how many contacts are no address to report to.
	Unusable int `json:"unusable,omitempty"`
	// Expires are the dates as they are written, Until the one date if there
	// is one that can be read.
	Expires   []string   `json:"expires,omitempty"`
	Until     *time.Time `json:"until,omitempty"`
	Canonical []string   `json:"canonical,omitempty"`
	// Elsewhere is set when Canonical names only other places.
	Elsewhere bool `json:"elsewhere,omitempty"`
	Signed    bool `json:"signed,omitempty"`
}

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "security-txt", Kind: scorecard.Probe, Version: 1, Capability: "security-txt",
		Question: "Does a security.txt that has not run out say to whom a vulnerability is reported?",
		Decisive: true, Whole: true,
	}, probe.Within(collect), judge)
}

const wellKnown = "/.well-known/security.txt"

// longest is how far ahead an expiry may lie: RFC 9116 recommends less than a
// year, and a month more is not worth a word.
const longest = 397 * 24 * time.Hour

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	origin, err := probe.Origin(b)
	if err != nil {
		return Seen{}, err
	}
	places := []string{origin + wellKnown}
	// People know the repository by its web site, which may have a host of
	// its own.
	if u, err := url.Parse(b.Subject.Pages["package"]); err == nil && u.Host != "" {
		if site := u.Scheme + "://" + u.Host + wellKnown; site != places[0] {
			places = append(places, site)
		}
	}
	seen := Seen{At: time.Now().UTC().Truncate(time.Second)}
	p, err := probe.First(ctx, b, places, "text/plain")
	if err != nil {
		return Seen{}, err
	}
	seen.Address, seen.Status, seen.Type = p.URL, p.Status, scorecard.Words(p.Type)
	seen.Web = p.There() && p.Web()
	if !p.There() || seen.Web {
		return seen, nil
	}
	f := readFile(p.Body)
	seen.Fields, seen.Contacts, seen.Unusable = f.lines, f.contacts, f.unusable
	seen.Expires, seen.Canonical, seen.Signed = f.expires, f.canonical, f.signed
	seen.Elsewhere = len(f.canonical) > 0 && !slices.Contains(f.canonical, p.URL)
	if len(f.expires) == 1 {
		if t, ok := expiry(f.expires[0]); ok {
			seen.Until = &t
		}
	}
	return seen, nil
}

func judge(s Seen) scorecard.Finding {
	fails := func(format string, args ...any) scorecard.Finding {
		return scorecard.Found(scorecard.Fails, fmt.Sprintf(format, args...))
	}
	switch {
	case s.Status < 200 || s.Status > 299:
		return fails("there is no security.txt: %s answers %d", s.Address, s.Status)
	case s.Web:
		return fails("there is no security.txt: at %s stands a web page", s.Address)
	case s.Fields == 0:
		return fails("what stands at %s has no field of a security.txt", s.Address)
	case len(s.Contacts) == 0 && s.Unusable > 0:
		return fails("the contact in %s is no mailto:, https: or tel: address", s.Address)
	case len(s.Contacts) == 0:
		return fails("%s names no contact", s.Address)
	case len(s.Expires) == 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("%s does not say until when it holds: RFC 9116 asks for Expires", s.Address))
	case len(s.Expires) > 1:
		return fails("%s says %d times until when it holds, and may say so once", s.Address, len(s.Expires))
	case s.Until == nil:
		return fails("the Expires of %s is no date of RFC 3339: %q", s.Address, s.Expires[0])
	case !s.Until.After(s.At):
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("%s ran out on %s", s.Address, s.Until.Format(time.DateOnly)))
	}
	signed := "not signed"
	if s.Signed {
		signed = "signed"
	}
	what := fmt.Sprintf("%s names %s and holds until %s (%s)", s.Address, s.Contacts[0], s.Until.Format(time.DateOnly), signed)
	switch {
	case s.Type != "text/plain":
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("%s, but it is served as %q and not as text/plain", what, s.Type))
	case s.Until.After(s.At.Add(longest)):
		return scorecard.Found(scorecard.Partly, what+", which is more than a year ahead: nobody has to look whether it is still true")
	case s.Elsewhere:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("%s, but it says that its place is %s", what, s.Canonical[0]))
	}
	return scorecard.Found(scorecard.Holds, what)
}
