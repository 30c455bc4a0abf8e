package badregistry

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/npm/wire"
)

// npmSent is the document that npm sends with PUT.
type npmSent struct {
	Name        string                    `json:"name"`
	Versions    map[string]map[string]any `json:"versions"`
	Maintainers []struct {
		Name string `json:"name"`
	} `json:"maintainers"`
	Attachments map[string]struct {
		Data string `json:"data"`
	} `json:"_attachments"`
}

// withdrawn is the reason that is given when npm's own calls, which have no
// place for one, remove something.
const withdrawn = "unpublished by its owner"

// mayChange says whether the asker may change what is said of a package.
func (r *Registry) mayChange(by asker, p *pack) error {
	if by.token == nil {
		return refuse(http.StatusUnauthorized, "changing %s needs a token: log in first", p.name)
	}
	if by.token.readOnly || !r.reaches(by.token, p.ecosystem, p.name) || !r.theirs(by.token.owner, p.ecosystem, p.name) {
		return refuse(http.StatusForbidden, "%s is not yours to change", p.name)
	}
	return r.proven(by)
}

// npmWrite answers what changes a package.
func (r *Registry) npmWrite(req *http.Request, by asker, name string, rest []string) (answer, error) {
	done := asJSON(http.StatusCreated, map[string]any{"ok": true, "success": true})
	revised := len(rest) >= 2 && rest[len(rest)-2] == "-rev"
	if req.Method == http.MethodPut && (len(rest) == 0 || len(rest) == 2 && revised) {
		var sent npmSent
		if err := json.NewDecoder(req.Body).Decode(&sent); err != nil || sent.Name != "" && sent.Name != name {
			return answer{}, refuse(http.StatusBadRequest, "what was sent is no document of %s", name)
		}
		if len(sent.Attachments) > 0 {
			return done, r.npmPublish(req, by, name, sent)
		}
		return done, r.npmChange(by, name, sent, revised)
	}
	p := r.packages[assay.NPM][name]
	if p == nil {
		return answer{}, notFound(name)
	}
	if err := r.mayChange(by, p); err != nil {
		return answer{}, err
	}
	switch {
	case req.Method == http.MethodDelete && len(rest) == 2 && revised:
		r.removeAll(p, withdrawn)
		return done, nil
	case req.Method == http.MethodDelete && len(rest) == 4 && revised && rest[0] == "-":
		number, ok := wire.FileVersion(name, rest[1])
		v := p.release(number)
		if !ok || v == nil {
			return answer{}, notFound(rest[1])
		}
		if v.status != assay.Removed {
			r.remove(p, v, withdrawn)
		}
		return done, nil
	}
	return answer{}, notFound(name + "/" + strings.Join(rest, "/"))
}

// npmPublish takes the tarball, and the bundle if one came along, out of the
// document.
func (r *Registry) npmPublish(req *http.Request, by asker, name string, sent npmSent) error {
	if len(sent.Versions) != 1 {
		return refuse(http.StatusBadRequest, "one version is published at a time")
	}
	up := upload{ecosystem: assay.NPM, name: name}
	for number, manifest := range sent.Versions {
		up.number, up.manifest = number, manifest
	}
	if up.manifest["name"] != name || up.manifest["version"] != up.number {
		return refuse(http.StatusBadRequest, "the manifest is of another package or version")
	}
	for file, attached := range sent.Attachments {
		if strings.HasSuffix(file, ".sigstore") { // npm sends it as text
			up.bundle = []byte(attached.Data)
			continue
		}
		content, err := base64.StdEncoding.DecodeString(attached.Data)
		if err != nil {
			return refuse(http.StatusBadRequest, "%s is not base64", file)
		}
		up.archive = content
	}
	return r.publish(req.Context(), by, up)
}

// npmChange does what differs between the document as it is and as it was
// sent: versions that are gone, deprecations, owners.
func (r *Registry) npmChange(by asker, name string, sent npmSent, revised bool) error {
	p := r.packages[assay.NPM][name]
	if p == nil {
		return notFound(name)
	}
	if err := r.mayChange(by, p); err != nil {
		return err
	}
	if err := r.npmOwners(by, p, sent); err != nil || sent.Versions == nil {
		return err
	}
	for _, v := range p.releases {
		manifest, there := sent.Versions[v.Number]
		switch {
		case v.status == assay.Removed:
		case !there && revised && r.stands(p, v).listed:
			r.remove(p, v, withdrawn)
		case there:
			if said, _ := manifest["deprecated"].(string); said != r.notice(v) && v.status == assay.Active {
				v.deprecated = said
				p.changes++
				r.happened(event{Kind: "deprecated", Ecosystem: assay.NPM, Name: name, Version: v.Number, Reason: said})
			}
		}
	}
	return nil
}

// npmOwners changes who owns a package, which takes more than a token for
// publishing.
func (r *Registry) npmOwners(by asker, p *pack, sent npmSent) error {
	var owners []string
	for _, m := range sent.Maintainers {
		owners = append(owners, m.Name)
	}
	if len(owners) == 0 || slices.Equal(owners, p.owners) {
		return nil
	}
	return r.setOwners(by, p, owners)
}

func (r *Registry) setOwners(by asker, p *pack, owners []string) error {
	if by.token.kind != forSession && !r.sins[PublisherIsAdmin] {
		return refuse(http.StatusForbidden, "a token for publishing may not change owners: log in")
	}
	for _, owner := range owners {
		if r.people[owner] == nil && !r.sins[PublisherIsAdmin] {
			return refuse(http.StatusNotFound, "there is nobody called %s here", owner)
		}
	}
	p.owners = owners
	p.changes++
	r.happened(event{Kind: "owners", Ecosystem: p.ecosystem, Name: p.name})
	return nil
}
