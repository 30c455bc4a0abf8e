package servedtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

// cooldown is how old a version of the upstream must be.
const cooldown = 72 * time.Hour

// Registry is a package repository that does everything about packages
// rightly. Its methods are for one goroutine at a time.
type Registry struct {
	scorecard.NoActs
	Protocol Protocol
	// Refuses says why a release is not taken, "" if it is.
	Refuses func(as scorecard.Credential, r scorecard.Release) string
	// Up is where it pulls through from.
	Up *Upstream
	// AtOnce hands out versions of the upstream whatever their age.
	AtOnce bool

	packages map[string]map[string]*version
	removed  map[string]string // name@version -> reason
	claims   []string
	blocks   map[string]string
	fixed    map[string]string
	events   []string
}

type version struct {
	release   scorecard.Release
	body      []byte
	published time.Time
	status    assay.Status
	notice    string
}

// New is an empty repository of an ecosystem.
func New(eco assay.Ecosystem) *Registry {
	return &Registry{
		Protocol: Protocol{trialtest.Protocol{Eco: eco}},
		Refuses:  func(scorecard.Credential, scorecard.Release) string { return "" },
		Up:       &Upstream{stopped: make([]bool, 2)},
		packages: map[string]map[string]*version{},
		removed:  map[string]string{},
		blocks:   map[string]string{},
		fixed:    map[string]string{},
	}
}

func absent(reason string) scorecard.Answer {
	return scorecard.Answer{Verdict: scorecard.Absent, Status: 404, Reason: reason}
}

// Publish implements scorecard.Acts.
func (g *Registry) Publish(_ context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
	if as.Secret == "" {
		return trialtest.Refused("say who you are")
	}
	if why := g.Refuses(as, r); why != "" {
		return trialtest.Refused(why)
	}
	if bytes.HasPrefix(r.Archive, []byte("spoiled")) {
		return trialtest.Refused("the archive is not sound")
	}
	if _, taken := g.packages[r.Name][r.Version]; taken {
		return trialtest.Refused(fmt.Sprintf("%s %s exists", r.Name, r.Version))
	}
	if _, taken := g.removed[r.Name+"@"+r.Version]; taken {
		return trialtest.Refused(fmt.Sprintf("%s %s was removed and is not used again", r.Name, r.Version))
	}
	g.Put(r)
	g.events = append(g.events, "published "+r.Name+" "+r.Version)
	return trialtest.Accepted
}

// Put stores a release whatever stands there, as a server without rules does.
func (g *Registry) Put(r scorecard.Release) {
	body := r.Archive
	if body == nil {
		body, _ = g.Protocol.Archive(r)
	}
	if g.packages[r.Name] == nil {
		g.packages[r.Name] = map[string]*version{}
	}
	g.packages[r.Name][r.Version] = &version{release: r, body: body, published: time.Now()}
}

// Drop takes a version, or all with "", away without a trace.
func (g *Registry) Drop(name, v string) {
	if v == "" {
		delete(g.packages, name)
		return
	}
	delete(g.packages[name], v)
}

// Remove implements scorecard.Acts.
func (g *Registry) Remove(_ context.Context, as scorecard.Credential, name, v, reason string) scorecard.Answer {
	if as.Secret == "" {
		return trialtest.Refused("say who you are")
	}
	for _, one := range slices.Sorted(maps.Keys(g.packages[name])) {
		if v == "" || one == v {
			g.removed[name+"@"+one] = reason
			g.events = append(g.events, fmt.Sprintf("removed %s %s: %s", name, one, reason))
		}
	}
	g.Drop(name, v)
	return trialtest.Accepted
}

// SetStatus implements scorecard.Acts.
func (g *Registry) SetStatus(_ context.Context, _ scorecard.Credential, name, v string, s assay.Status, reason string) scorecard.Answer {
	found := g.packages[name][v]
	if found == nil {
		return absent("no such version")
	}
	found.status, found.notice = s, reason
	return trialtest.Accepted
}

// Report implements scorecard.Acts.
func (g *Registry) Report(_ context.Context, _ scorecard.Credential, name, v, _ string) scorecard.Answer {
	if g.packages[name][v] == nil {
		return absent("no such version")
	}
	return trialtest.Accepted
}

// Block implements scorecard.Acts.
func (g *Registry) Block(_ context.Context, pattern, reason string) scorecard.Answer {
	g.blocks[pattern] = reason
	return trialtest.Accepted
}

// Unblock implements scorecard.Acts.
func (g *Registry) Unblock(_ context.Context, pattern string) scorecard.Answer {
	delete(g.blocks, pattern)
	return trialtest.Accepted
}

// Claim implements scorecard.Acts.
func (g *Registry) Claim(_ context.Context, name string) scorecard.Answer {
	g.claims = append(g.claims, name)
	return trialtest.Accepted
}

// Advise implements scorecard.Acts.
func (g *Registry) Advise(_ context.Context, name, fixed string) scorecard.Answer {
	g.fixed[name] = fixed
	return trialtest.Accepted
}

// Events implements scorecard.Acts.
func (g *Registry) Events(context.Context, scorecard.Credential) ([]string, scorecard.Answer) {
	return slices.Clone(g.events), trialtest.Accepted
}

// Listing implements scorecard.Acts.
func (g *Registry) Listing(_ context.Context, _ scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
	l := scorecard.Listing{Name: name, Versions: map[string]scorecard.Version{}, Gone: map[string]string{}}
	for at, reason := range g.removed {
		if of, v, _ := strings.Cut(at, "@"); of == name {
			l.Gone[v] = "removed: " + reason
		}
	}
	versions, from := g.versions(name)
	if from.Verdict != scorecard.Accepted {
		return scorecard.Listing{}, from
	}
	for v, found := range versions {
		if found.status == assay.Quarantined || g.blocked(name, v) != "" {
			continue
		}
		sum := sha512.Sum512(found.body)
		l.Versions[v] = scorecard.Version{
			Published: found.published, Digests: map[string]string{"sha512": hex.EncodeToString(sum[:])},
			Status: found.status, Notice: found.notice, Dependencies: found.release.Dependencies,
			Repository: found.release.Repository, Homepage: found.release.Homepage, Mail: found.release.Mail,
			Unverified: []string{"repository", "homepage", "mail"},
		}
		if found.status != assay.Yanked && (l.Latest == "" || older(l.Latest, v)) {
			l.Latest = v
		}
	}
	if len(l.Versions)+len(l.Gone) == 0 {
		return scorecard.Listing{}, absent("no such package")
	}
	return l, trialtest.Accepted
}

// File implements scorecard.Acts.
func (g *Registry) File(_ context.Context, _ scorecard.Credential, name, v string) (scorecard.File, scorecard.Answer) {
	if reason, gone := g.removed[name+"@"+v]; gone {
		return scorecard.File{}, scorecard.Answer{Verdict: scorecard.Absent, Status: 410, Reason: "removed: " + reason}
	}
	if reason := g.blocked(name, v); reason != "" {
		return scorecard.File{}, trialtest.Refused(fmt.Sprintf("blocked: %s", reason))
	}
	versions, from := g.versions(name)
	if from.Verdict != scorecard.Accepted {
		return scorecard.File{}, from
	}
	found := versions[v]
	switch {
	case found == nil:
		return scorecard.File{}, absent("no such version")
	case found.status == assay.Quarantined:
		return scorecard.File{}, trialtest.Refused(fmt.Sprintf("in quarantine: %s", found.notice))
	}
	sum := sha256.Sum256(found.body)
	return scorecard.File{Body: found.body, Digests: map[string]string{"sha256": hex.EncodeToString(sum[:])}}, trialtest.Accepted
}

// versions are the hosted ones, or else those of the upstream that are old
// enough.
func (g *Registry) versions(name string) (map[string]*version, scorecard.Answer) {
	hosted := g.packages[name]
	claimed := slices.ContainsFunc(g.claims, func(c string) bool {
		start, open := strings.CutSuffix(c, "*")
		return c == name || open && strings.HasPrefix(name, start)
	})
	if hosted != nil || claimed {
		return hosted, trialtest.Accepted
	}
	offered, ok := g.Up.ask(name)
	if !ok {
		return nil, scorecard.Answer{Verdict: scorecard.Unclear, Status: 502, Reason: "no upstream answers"}
	}
	out := map[string]*version{}
	for v, found := range offered {
		if g.AtOnce || time.Since(found.published) >= cooldown || g.fixed[name] == v {
			out[v] = found
		}
	}
	return out, trialtest.Accepted
}

func (g *Registry) blocked(name, v string) string {
	return g.blocks[assay.Coordinate{Ecosystem: g.Protocol.Eco, Name: name, Version: v}.String()]
}

// older tells whether a stands below b.
func older(a, b string) bool {
	return semver.Compare("v"+strings.TrimPrefix(a, "v"), "v"+strings.TrimPrefix(b, "v")) < 0
}
