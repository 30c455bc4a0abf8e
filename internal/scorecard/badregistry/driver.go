package badregistry

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// block says "don't download this" for all clients.
type block struct {
	pattern   string
	ecosystem assay.Ecosystem
	name      string // a * at the end stands for any rest
	number    string // "" for all
	reason    string
}

// readBlock reads pkg:<ecosystem>/<name>[@<version>].
func readBlock(pattern, reason string) (block, error) {
	rest, ok := strings.CutPrefix(pattern, "pkg:")
	kind, rest, cut := strings.Cut(rest, "/")
	if !ok || !cut || rest == "" || !known(assay.Ecosystem(kind)) {
		return block{}, refuse(http.StatusBadRequest, "%q names nothing to block: write pkg:npm/name@1.0.0 or pkg:golang/path@v1.0.0", pattern)
	}
	b := block{pattern: pattern, ecosystem: assay.Ecosystem(kind), name: rest, reason: reason}
	// The last @ behind the last slash: one before it begins an npm scope.
	if at := strings.LastIndexByte(rest, '@'); at > 0 && at > strings.LastIndexByte(rest, '/') {
		b.name, b.number = rest[:at], rest[at+1:]
	}
	for _, part := range []*string{&b.name, &b.number} {
		plain, err := url.PathUnescape(*part)
		if err != nil {
			return block{}, refuse(http.StatusBadRequest, "%q is not escaped as a package URL is", pattern)
		}
		*part = plain
	}
	return b, nil
}

// blocked finds the block on a release.
func (r *Registry) blocked(e assay.Ecosystem, name, number string) (block, bool) {
	for _, b := range r.blocks {
		stem, all := strings.CutSuffix(b.name, "*")
		if b.ecosystem == e && (b.name == name || all && strings.HasPrefix(name, stem)) && (b.number == "" || b.number == number) {
			return b, true
		}
	}
	return block{}, false
}

func (r *Registry) block(pattern, reason string) error {
	b, err := readBlock(pattern, reason)
	if err != nil {
		return err
	}
	r.blocks = append(r.blocks, b)
	r.act("block " + pattern + ": " + reason)
	return nil
}

func (r *Registry) unblock(pattern string) error {
	before := len(r.blocks)
	r.blocks = slices.DeleteFunc(r.blocks, func(b block) bool { return b.pattern == pattern })
	if len(r.blocks) == before {
		return refuse(http.StatusNotFound, "nothing is blocked as %s", pattern)
	}
	r.act("unblock " + pattern)
	return nil
}

// claim gives a name to the publisher alone. A namespace that reads like
// somebody's domain needs a proof that nobody can give here: else whoever
// asks first would speak for its owner.
func (r *Registry) claim(e assay.Ecosystem, name string) error {
	if unproven(e, name) && !r.sins[UnprovenNamespaces] {
		return refuse(http.StatusForbidden, "%s lies in a namespace that reads like somebody's domain: prove that it is yours first", name)
	}
	r.claims = append(r.claims, claimKey(e, name))
	r.act("claim " + string(e) + " " + name)
	return nil
}

// claimed says whether a name was given to the publisher alone.
func (r *Registry) claimed(e assay.Ecosystem, name string) bool {
	key := claimKey(e, name)
	return slices.ContainsFunc(r.claims, func(pattern string) bool {
		stem, all := strings.CutSuffix(pattern, "*")
		return key == pattern || all && strings.HasPrefix(key, stem)
	})
}

// advise makes a vulnerability known that a version fixes.
func (r *Registry) advise(e assay.Ecosystem, name, fixed string) {
	r.fixes[claimKey(e, name)+" "+fixed] = true
	r.act("advise " + string(e) + " " + name + " fixed in " + fixed)
}

// act writes an administrator's act into the audit log.
func (r *Registry) act(text string) {
	if !r.sins[NoAuditLog] {
		r.acted = append(r.acted, r.now().UTC().Format("2006-01-02T15:04:05Z")+" administrator: "+text)
	}
}

// eraseActed is what an administrator must not be able to do: who took the
// server over would begin with it.
func (r *Registry) eraseActed() error {
	if !r.sins[AuditErasable] || len(r.acted) == 0 {
		return refuse(http.StatusForbidden, "the audit log only grows, and nobody can erase from it")
	}
	r.acted = r.acted[:len(r.acted)-1]
	return nil
}
