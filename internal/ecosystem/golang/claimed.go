package golang

import (
	"net/http"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang/wire"
)

// claimant is the part of an ecosystem.Publisher that says which names never
// leave the building.
type claimant interface {
	Claimed(name string) bool
}

// claimLister is implemented by a Repository that can name its claims: module
// paths, or globs of them.
type claimLister interface {
	ClaimPatterns() []string
}

// claimParent is implemented by a Repository that knows the paths above its
// claims. The go command does not know which part of an import path is the
// module, and asks for every parent of it.
type claimParent interface {
	// ClaimedBelow tells whether a claim lies below the path.
	ClaimedBelow(name string) bool
}

func (h *handler) claimed(name string) bool {
	c, ok := h.repo.(claimant)
	return ok && c.Claimed(name)
}

// above tells whether the path is only the parent of claims. A path that is
// claimed itself is answered from what is hosted.
func (h *handler) above(name string) bool {
	c, ok := h.repo.(claimParent)
	return ok && !h.claimed(name) && c.ClaimedBelow(name)
}

// refuseParent answers for a path above claims. Asking an upstream would tell
// it where the claimed names begin. 404 is the truth, and lets the go command
// go on to the next part of the path.
func (h *handler) refuseParent(w http.ResponseWriter, r *http.Request, name string) {
	h.refuse(w, r, assay.Errorf(assay.NotFound,
		"there is no module %s here, and no upstream is asked for it: paths below it belong to packages of this Assay", name), coordinate(name, ""))
}

// refuseQuery answers for a branch, commit or short version of a claimed
// module: hosted versions come from no repository.
func (h *handler) refuseQuery(w http.ResponseWriter, r *http.Request, name, query string) {
	h.refuse(w, r, assay.Errorf(assay.NotFound,
		"%s has no %s: what is published here has whole versions alone, no branches or commits; 'go list -m -versions %s' names them", name, query, name), coordinate(name, ""))
}

// refuseLookup answers for a claimed module in place of the checksum
// database, which would learn the name from the question. It is 403, after
// which the go command asks nobody else, and the first line is the one to
// type: the go command shows it.
func (h *handler) refuseLookup(w http.ResponseWriter, r *http.Request, name string) {
	var claims []string
	if c, ok := h.repo.(claimLister); ok {
		claims = c.ClaimPatterns()
	}
	line := noSumDBLine(wire.NoSumDBFor(name, claims)).Line
	ecosystem.SetPhrase(r, http.StatusForbidden, name+" is never looked up in a checksum database: "+line)
	writeText(w, r, http.StatusForbidden, []string{
		name + " belongs to packages of this Assay and is never looked up in a checksum database.",
		"Tell the go command so, and it does not ask:",
		line,
	})
}
