package maven

import (
	"net/http"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/maven/wire"
)

// claimant is the part of an ecosystem.Publisher that says which names never
// leave the building.
type claimant interface {
	Claimed(name string) bool
}

// claimLister is implemented by a Repository that can name its claims: names
// of packages, or globs of them.
type claimLister interface {
	ClaimPatterns() []string
}

// claimParent is implemented by a Repository that knows what stands before
// the slashes of its claims: here, groups.
type claimParent interface {
	ClaimedBelow(name string) bool
}

func (h *handler) claimed(name string) bool {
	c, ok := h.repo.(claimant)
	return ok && c.Claimed(name)
}

// claimedGroup tells whether anything in a group is claimed. The document of
// a group's plugins is asked for by the group alone, which gives away what
// the claim hides; and an upstream's answer would name plugins of a group
// that belongs to packages of this Assay.
func (h *handler) claimedGroup(group string) bool {
	// A star stands for itself here: what matches it claims the whole group.
	if h.claimed(group + "/*") {
		return true
	}
	if c, ok := h.repo.(claimParent); ok && c.ClaimedBelow(group) {
		return true
	}
	c, ok := h.repo.(claimLister)
	return ok && slices.ContainsFunc(c.ClaimPatterns(), func(claim string) bool { return claimsIn(claim, group) })
}

// claimsIn tells whether a claim of some packages (com.corp.*/secret-*) can
// have any in the group. One that names no group at all gives none away.
func claimsIn(claim, group string) bool {
	slash := strings.LastIndexByte(claim, '/')
	if slash < 0 || strings.Trim(claim[:slash], "*") == "" {
		return false
	}
	all, err := assay.ParsePattern("pkg:maven/"+claim[:slash]+"/*", wire.Grammar{})
	return err == nil && all.MatchesPackage(assay.Maven, group+"/*")
}

// stranger tells whether the asker has sent no token and may not read what is
// hosted without.
func (h *handler) stranger(r *http.Request) bool {
	who := assay.PrincipalOf(r.Context())
	return who.ID == "" && !who.ReadHosted && !who.Admin
}

// whoAsks answers a stranger who asks for a claimed name, the same for what
// exists and what does not. It is a challenge and no absence, because Maven
// keeps its credentials back until it is asked for them.
func whoAsks(name string) error {
	return assay.Errorf(assay.Unauthenticated, "%s is claimed, so no upstream is asked for it; to read what is published here under it, put a token into the server of your settings.xml", name)
}

// absent answers for metadata of one version of a claimed package, by the
// same words whether the package exists or not.
func (h *handler) absent(r *http.Request, name string) error {
	if h.stranger(r) {
		return whoAsks(name)
	}
	return assay.Errorf(assay.NotFound, "a release has no metadata of its own; the versions of %s are in the maven-metadata.xml one folder up", name)
}

// maxPlugins bounds how many packages of a group are looked at for plugins.
const maxPlugins = 200

// getPlugins makes the document of a claimed group's plugins of the packages
// that are hosted and that the asker may read.
func (h *handler) getPlugins(w http.ResponseWriter, r *http.Request, p wire.Path) {
	if h.stranger(r) {
		h.refuse(w, r, whoAsks(p.Group), assay.Coordinate{})
		return
	}
	doc, err := h.plugins(r, p.Group)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	writeDocument(w, r, doc, p.Sum)
}
