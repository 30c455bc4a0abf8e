package badregistry

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// cargo answers below /cargo/. It holds the lock throughout.
func (r *Registry) cargo(req *http.Request, path string) answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, err := r.cargoAnswer(req, path)
	if err != nil {
		refused := asRefusal(err, true)
		words := asJSON(refused.status, map[string]any{"errors": []map[string]string{{"detail": err.Error()}}})
		words.header = refused.header
		return words
	}
	return a
}

func (r *Registry) cargoAnswer(req *http.Request, path string) (answer, error) {
	// The whole header is the token.
	by, err := r.who(req.Header.Get("Authorization"), "", sourceOf(req))
	if err != nil {
		return answer{}, err
	}
	if call, ok := strings.CutPrefix(path, "api/v1/crates"); ok {
		return r.cargoCall(req, by, strings.Split(strings.Trim(call, "/"), "/"))
	}
	segments := strings.Split(path, "/")
	switch {
	case req.Method != http.MethodGet && req.Method != http.MethodHead:
		return answer{}, refuse(http.StatusMethodNotAllowed, "the index is only read")
	case path == "config.json":
		return asJSON(http.StatusOK, map[string]string{"dl": r.origin + "/cargo/dl", "api": r.origin + "/cargo"}), nil
	case segments[0] == "dl" && len(segments) == 4 && segments[3] == "download":
		p, err := r.cargoFind(req, segments[1])
		if err != nil {
			return answer{}, err
		}
		content, err := r.file(p, segments[2])
		return answer{status: http.StatusOK, kind: kindBytes, body: content}, err
	}
	name := segments[len(segments)-1]
	if path != cargoPath(name) {
		return answer{}, notFound(path)
	}
	return r.cargoIndex(req, name)
}

// cargoPath is where the index has a crate.
func cargoPath(name string) string {
	switch len(name) {
	case 0:
		return "config.json"
	case 1, 2:
		return string(rune('0'+len(name))) + "/" + name
	case 3:
		return "3/" + name[:1] + "/" + name
	}
	return name[:2] + "/" + name[2:4] + "/" + name
}

// cargoFind finds a crate whatever the case of its letters, as the index does.
func (r *Registry) cargoFind(req *http.Request, name string) (*pack, error) {
	if r.packages[assay.Cargo][name] == nil {
		for other := range r.packages[assay.Cargo] {
			if strings.EqualFold(other, name) {
				name = other
				break
			}
		}
	}
	return r.find(req.Context(), assay.Cargo, name)
}

// cargoIndex is a crate's file in the index. A version that may not be chosen
// is listed as yanked: cargo would be misled by one that is missing.
func (r *Registry) cargoIndex(req *http.Request, name string) (answer, error) {
	p, err := r.cargoFind(req, name)
	if err != nil {
		return answer{}, err
	}
	var b bytes.Buffer
	for _, v := range p.releases {
		if v.status == assay.Removed || v.Archive == nil {
			continue
		}
		line, err := json.Marshal(map[string]any{
			"name": p.name, "vers": v.Number, "deps": cargoDependencies(v.Manifest), "cksum": r.cargoChecksum(v),
			"features": map[string]any{}, "yanked": !r.stands(p, v).listed, "links": nil, "v": 2,
			"pubtime": v.Published.UTC().Format("2006-01-02T15:04:05Z"),
		})
		if err != nil {
			return answer{}, err
		}
		b.Write(append(line, '\n'))
	}
	if b.Len() == 0 {
		return answer{}, notFound(name)
	}
	return answer{status: http.StatusOK, kind: kindPlain, body: b.Bytes()}, nil
}

func (r *Registry) cargoChecksum(v *release) string {
	content := v.Archive
	switch {
	case r.sins[NoDigests]:
		return ""
	case r.sins[DigestMismatch]:
		content = append(slices.Clone(content), "other bytes"...)
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// cargoDependencies are those of a description as the index has them.
func cargoDependencies(manifest map[string]any) []map[string]any {
	out := []map[string]any{}
	add := func(name, wanted any) {
		out = append(out, map[string]any{"name": name, "req": wanted, "features": []string{}, "optional": false,
			"default_features": true, "target": nil, "kind": "normal"})
	}
	deps, _ := manifest["deps"].([]any)
	for _, d := range deps {
		if dependency, ok := d.(map[string]any); ok {
			add(dependency["name"], dependency["version_req"])
		}
	}
	plain, _ := manifest["dependencies"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(plain)) {
		add(name, plain[name])
	}
	return out
}

// cargoCall answers the calls of the registry's API.
func (r *Registry) cargoCall(req *http.Request, by asker, s []string) (answer, error) {
	done := asJSON(http.StatusOK, map[string]any{"ok": true, "msg": "done"})
	switch {
	case req.Method == http.MethodGet && len(s) == 1 && s[0] == "":
		return r.cargoSearch(req), nil
	case req.Method == http.MethodPut && len(s) == 1 && s[0] == "new":
		up, err := cargoSent(req)
		if err != nil {
			return answer{}, err
		}
		return asJSON(http.StatusOK, map[string]any{"warnings": map[string]any{}}), r.publish(req.Context(), by, up)
	}
	p := r.packages[assay.Cargo][s[0]]
	if p == nil {
		return answer{}, notFound(s[0])
	}
	if err := r.mayChange(by, p); err != nil {
		return answer{}, err
	}
	if req.Method == http.MethodPut && len(s) == 2 && s[1] == "owners" {
		var sent struct {
			Users []string `json:"users"`
		}
		if err := json.NewDecoder(req.Body).Decode(&sent); err != nil || len(sent.Users) == 0 {
			return answer{}, refuse(http.StatusBadRequest, "what was sent names no owners")
		}
		return done, r.setOwners(by, p, append(slices.Clone(p.owners), sent.Users...))
	}
	if len(s) != 3 || p.release(s[1]) == nil {
		return answer{}, notFound(strings.Join(s, "/"))
	}
	v := p.release(s[1])
	switch {
	case req.Method == http.MethodDelete && s[2] == "yank":
		return done, r.setStatus(p, v, assay.Yanked, "yanked by its owner")
	case req.Method == http.MethodPut && s[2] == "unyank" && v.status == assay.Yanked:
		return done, r.setStatus(p, v, assay.Active, "")
	case req.Method == http.MethodPut && s[2] == "unyank":
		return answer{}, refuse(http.StatusForbidden, "%s was not yanked by its owner", coordinateOf(p.name, v.Number))
	}
	return answer{}, refuse(http.StatusMethodNotAllowed, "%s is not known here", req.Method)
}

func (r *Registry) cargoSearch(req *http.Request) answer {
	found := []map[string]any{}
	for _, name := range r.sampleOrder(assay.Cargo) {
		newest := r.latest(r.packages[assay.Cargo][name])
		if newest == nil || !strings.Contains(name, req.URL.Query().Get("q")) || len(found) == 20 {
			continue
		}
		found = append(found, map[string]any{"name": name, "max_version": newest.Number, "description": ""})
	}
	return asJSON(http.StatusOK, map[string]any{"crates": found, "meta": map[string]int{"total": len(found)}})
}

// cargoSent reads what cargo publish sends: a description and a crate, each
// behind its length.
func cargoSent(req *http.Request) (upload, error) {
	var b bytes.Buffer
	if _, err := b.ReadFrom(req.Body); err != nil {
		return upload{}, refuse(http.StatusBadRequest, "the body cannot be read")
	}
	part := func() ([]byte, error) {
		if b.Len() < 4 {
			return nil, errors.New("a length is missing")
		}
		n := int(binary.LittleEndian.Uint32(b.Next(4)))
		if n > b.Len() {
			return nil, errors.New("it is shorter than it says")
		}
		return bytes.Clone(b.Next(n)), nil
	}
	described, err := part()
	archive, second := part()
	up := upload{ecosystem: assay.Cargo, archive: archive}
	if err := errors.Join(err, second, json.Unmarshal(described, &up.manifest)); err != nil || b.Len() > 0 {
		return upload{}, refuse(http.StatusBadRequest, "what was sent is no crate with its description")
	}
	up.name, _ = up.manifest["name"].(string)
	up.number, _ = up.manifest["vers"].(string)
	return up, nil
}
