package badregistry

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	goworld "assay.invalid/internal/ecosystem/golang/wire"
	npmworld "assay.invalid/internal/ecosystem/npm/wire"
)

// upload is what somebody wants to publish.
type upload struct {
	ecosystem    assay.Ecosystem
	name, number string
	manifest     map[string]any
	archive      []byte
	bundle       []byte
	pom          []byte // Maven's
}

// publish takes an upload in, or says which step refused it. Nothing is kept
// of what is refused.
func (r *Registry) publish(ctx context.Context, by asker, up upload) error {
	if err := r.admit(ctx, by, up); err != nil {
		return err
	}
	r.take(by, up)
	return nil
}

// admit goes through the steps.
func (r *Registry) admit(ctx context.Context, by asker, up upload) error {
	for _, step := range []func(context.Context, asker, upload) error{
		r.admitPublisher, r.admitSpelling, r.admitName, r.admitOwner, r.admitVersion, r.admitArchive, r.admitContent, r.admitProvenance,
	} {
		if err := step(ctx, by, up); err != nil {
			return err
		}
	}
	return nil
}

// take keeps what was admitted.
func (r *Registry) take(by asker, up upload) {
	p := r.packages[up.ecosystem][up.name]
	if p == nil {
		p = &pack{ecosystem: up.ecosystem, name: up.name, owners: []string{by.token.owner}}
		r.packages[up.ecosystem][up.name] = p
	}
	if p.gone != "" { // free again: only a sinner comes here
		p.gone, p.owners, p.releases = "", []string{by.token.owner}, nil
	}
	r.keep(p, up)
	r.happened(event{Kind: "published", Ecosystem: p.ecosystem, Name: p.name, Version: up.number})
}

// keep puts the upload into its package.
func (r *Registry) keep(p *pack, up upload) {
	v := &release{Number: up.number, Published: r.now().UTC(), Manifest: up.manifest, Archive: up.archive, POM: up.pom, bundle: up.bundle}
	p.changes++
	old := p.release(up.number)
	if old == nil {
		p.releases = append(p.releases, v)
		return
	}
	if r.sins[MutableMetadata] && old.Archive != nil {
		v.Archive, v.bundle = old.Archive, old.bundle
	}
	*old = *v
}

// admitPublisher asks who it is: somebody with a verified address and a
// second factor, or a token that was made for publishing.
func (r *Registry) admitPublisher(_ context.Context, by asker, _ upload) error {
	if by.token == nil {
		return refuse(http.StatusUnauthorized, "publishing needs a token: log in first")
	}
	if by.token.readOnly {
		return refuse(http.StatusForbidden, "this token is for reading only: make one that may publish")
	}
	return r.proven(by)
}

// admitSpelling refuses names and versions that clients could not ask for.
func (r *Registry) admitSpelling(_ context.Context, _ asker, up upload) error {
	if r.sins[NothingReserved] && reserved(up.ecosystem, up.name) {
		return nil
	}
	var err error
	switch up.ecosystem {
	case assay.NPM:
		if err = npmworld.NewVersion(up.number); err == nil {
			err = npmworld.NewName(up.name)
		}
	case assay.Golang:
		err = goworld.Admissible(up.name, up.number)
	default:
		err = worldOf(up.ecosystem).spelling(up.name, up.number)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "%s", assay.PublicMessage(err))
	}
	return nil
}

// admitOwner keeps namespaces and packages to those who own them, and tokens
// to what they were made for.
func (r *Registry) admitOwner(_ context.Context, by asker, up upload) error {
	if r.excused(up) {
		return nil
	}
	if !r.reaches(by.token, up.ecosystem, up.name) {
		return refuse(http.StatusForbidden, "this token was not made for %s: make one that is", up.name)
	}
	if !r.theirs(by.token.owner, up.ecosystem, up.name) {
		return refuse(http.StatusForbidden, "%s is not yours to publish to: its owner can make you one too", up.name)
	}
	return nil
}

// reaches says whether a token was made for a name. Those that the parties
// have from the start follow the claims that are made for their owner.
func (r *Registry) reaches(t *token, e assay.Ecosystem, name string) bool {
	switch {
	case t.covers(e, name), t.kind == forPublishing && r.sins[TokenForAll]:
		return true
	case !t.whole:
		return false
	}
	return t.owner == publisherName && r.claimed(e, name) || r.sins[OpenNamespaces] && proven(e, name)
}

// theirs says whether somebody may publish under a name.
func (r *Registry) theirs(owner string, e assay.Ecosystem, name string) bool {
	p := r.packages[e][name]
	switch {
	case p != nil && slices.Contains(p.owners, owner):
		return true
	case r.claimed(e, name):
		return owner == publisherName
	case holds(e, name, owner), p == nil && r.sins[OpenNamespaces] && proven(e, name):
		return true
	}
	return p == nil && r.open(e, name, owner)
}

// excused says whether a sin lets anybody publish under a name.
func (r *Registry) excused(up upload) bool {
	p := r.packages[up.ecosystem][up.name]
	switch {
	case p != nil:
		return p.gone != "" && r.sins[NamesReusable]
	case r.sins[ConfusablesDiffer]:
		return r.twin(up.ecosystem, up.name) != ""
	case r.sins[UnprovenNamespaces]:
		return unproven(up.ecosystem, up.name)
	case r.sins[NothingReserved]:
		return reserved(up.ecosystem, up.name)
	case r.sins[NoTyposquatCheck]:
		return near(up.ecosystem, up.name) != ""
	}
	return false
}

// admitVersion makes sure that a number means one thing for ever.
func (r *Registry) admitVersion(_ context.Context, _ asker, up upload) error {
	p := r.packages[up.ecosystem][up.name]
	if p == nil {
		return nil
	}
	if p.gone != "" && !r.sins[NamesReusable] {
		return refuse(http.StatusForbidden, "%s was removed (%s), and its name is not given out again", up.name, p.gone)
	}
	old := p.release(up.number)
	switch {
	case old == nil, p.gone != "":
		return nil
	case old.status == assay.Removed && r.sins[VersionsReusable]:
		return nil
	case old.status == assay.Removed:
		return refuse(http.StatusForbidden, "%s was removed, and its number is not given out again: publish a higher one", coordinateOf(up.name, up.number))
	case r.sins[MutableVersions], r.sins[MutableMetadata] && sameCode(old, up):
		return nil
	}
	return refuse(http.StatusForbidden, "%s is published already, and a version never changes: publish a higher one", coordinateOf(up.name, up.number))
}

// sameCode says whether two uploads differ in what is said of them alone. Go
// and PyPI know no such case: what clients resolve by is in their archives.
func sameCode(old *release, up upload) bool {
	switch up.ecosystem {
	case assay.NPM:
	case assay.Cargo, assay.Maven:
		return bytes.Equal(old.Archive, up.archive)
	default:
		return false
	}
	a, b := filesIn(assay.NPM, up.name, old.Number, old.Archive), filesIn(assay.NPM, up.name, up.number, up.archive)
	delete(a, "package.json")
	delete(b, "package.json")
	return maps.Equal(a, b)
}

// admitArchive unpacks the archive as a client would, before a client does.
func (r *Registry) admitArchive(ctx context.Context, _ asker, up upload) error {
	if r.sins[TakesAnyArchive] || r.sins[NothingReserved] && reserved(up.ecosystem, up.name) {
		return nil
	}
	if err := inspect(ctx, up.ecosystem, up.name, up.number, up.archive); err != nil {
		return refuse(http.StatusBadRequest, "the archive is refused: %s", assay.PublicMessage(err))
	}
	return nil
}

var (
	// fetching and running in one breath is how most malware of the last years
	// took its first step.
	fetching = regexp.MustCompile(`\b(curl|wget)\b|https?://|\bfetch\(`)
	running  = regexp.MustCompile(`\b(sh|bash|zsh|dash|node|python3?|eval|exec|child_process)\b`)
)

// testString is the harmless text that every scanner must find (the test file
// of EICAR). It stands here in two halves, so that no scanner finds this file.
func testString() []byte {
	return []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR` + `-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`)
}

// admitContent looks for what installing would set loose.
func (r *Registry) admitContent(_ context.Context, _ asker, up upload) error {
	if r.sins[TakesMalware] {
		return nil
	}
	files := filesIn(up.ecosystem, up.name, up.number, up.archive)
	for path, text := range files {
		if bytes.Contains([]byte(text), testString()) {
			return refuse(http.StatusForbidden, "%s holds the test string of malware scanners: it is refused", path)
		}
		if runsByItself(path, text) && fetching.MatchString(text) && running.MatchString(text) {
			return refuse(http.StatusForbidden, "%s fetches and runs something without being asked to: it is refused", path)
		}
	}
	scripts, _ := up.manifest["scripts"].(map[string]any)
	for _, hook := range []string{"preinstall", "install", "postinstall", "prepare"} {
		if command, _ := scripts[hook].(string); fetching.MatchString(command) && running.MatchString(command) {
			return refuse(http.StatusForbidden, "the script %s fetches and runs something when the package is installed: it is refused", hook)
		}
	}
	return nil
}

// runsByItself tells files that run when a package is built, installed or
// imported.
func runsByItself(path, text string) bool {
	switch {
	case strings.HasSuffix(path, ".go"):
		return strings.Contains(text, "func init()")
	case path == "setup.py", path == "build.rs":
		return true
	}
	return strings.HasSuffix(path, "archetype-post-generate.groovy")
}

// admitProvenance verifies an attestation bundle, if one came along.
func (r *Registry) admitProvenance(_ context.Context, _ asker, up upload) error {
	if up.bundle == nil || r.sins[ForgedProvenance] {
		return nil
	}
	if err := r.keys.verifyBundle(up.bundle, up.archive); err != nil {
		return refuse(http.StatusUnprocessableEntity, "the attestation bundle is refused: %v", err)
	}
	return nil
}

// admitName holds names that mislead or that are nobody's to have.
func (r *Registry) admitName(_ context.Context, _ asker, up upload) error {
	if r.packages[up.ecosystem][up.name] != nil {
		return nil
	}
	if reserved(up.ecosystem, up.name) && !r.sins[NothingReserved] {
		return refuse(http.StatusForbidden, "%s is reserved: choose another name", up.name)
	}
	if twin := r.twin(up.ecosystem, up.name); twin != "" && !r.sins[ConfusablesDiffer] {
		return refuse(http.StatusForbidden, "%s reads like %s, which exists: choose another name", up.name, twin)
	}
	if popular := near(up.ecosystem, up.name); popular != "" && !r.sins[NoTyposquatCheck] {
		return refuse(http.StatusForbidden, "%s is held, because it is too close to %s: choose another name, or ask an administrator", up.name, popular)
	}
	return nil
}
