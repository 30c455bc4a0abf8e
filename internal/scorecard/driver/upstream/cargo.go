package upstream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// cargoDoor answers as a sparse index with its downloads and its search
// (https://doc.rust-lang.org/cargo/reference/registry-index.html).
type cargoDoor struct{ shelf *shelf }

func (d cargoDoor) answer(base string, r *http.Request) answer {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return cargoNo("this registry is only read")
	}
	if path == "config.json" {
		return says(map[string]string{"dl": base + "dl/{crate}/{version}/download", "api": strings.TrimSuffix(base, "/")})
	}
	if path == "api/v1/crates" {
		return d.search(r.URL.Query().Get("q"))
	}
	parts := strings.Split(path, "/")
	if len(parts) == 4 && parts[0] == "dl" && parts[3] == "download" {
		return d.download(parts[1], parts[2])
	}
	name := parts[len(parts)-1]
	if name == "" || indexPath(name) != path {
		return cargoNo("no such path")
	}
	return d.lines(name)
}

// indexPath is where the index has a crate.
func indexPath(name string) string {
	switch len(name) {
	case 0:
		return ""
	case 1, 2:
		return fmt.Sprintf("%d/%s", len(name), name)
	case 3:
		return "3/" + name[:1] + "/" + name
	}
	return name[:2] + "/" + name[2:4] + "/" + name
}

// crateDependency is a dependency as a line of the index has it.
type crateDependency struct {
	Name            string   `json:"name"`
	Req             string   `json:"req"`
	Features        []string `json:"features"`
	Optional        bool     `json:"optional"`
	DefaultFeatures bool     `json:"default_features"`
	Target          *string  `json:"target"`
	Kind            string   `json:"kind"`
}

// crateLine is a line of the index.
type crateLine struct {
	Name      string              `json:"name"`
	Version   string              `json:"vers"`
	Deps      []crateDependency   `json:"deps"`
	Checksum  string              `json:"cksum"`
	Features  map[string][]string `json:"features"`
	Yanked    bool                `json:"yanked"`
	Links     *string             `json:"links"`
	Published string              `json:"pubtime"`
}

func (d cargoDoor) lines(name string) answer {
	var lines bytes.Buffer
	write := json.NewEncoder(&lines) // a line break after each
	for _, v := range d.shelf.find(name) {
		line := crateLine{
			Name: v.release.Name, Version: v.release.Version, Deps: []crateDependency{}, Checksum: v.sha256(),
			Features: map[string][]string{}, Published: v.published.Format(time.RFC3339),
		}
		for _, other := range slices.Sorted(maps.Keys(v.release.Dependencies)) {
			line.Deps = append(line.Deps, crateDependency{
				Name: other, Req: v.release.Dependencies[other], Features: []string{}, DefaultFeatures: true, Kind: "normal",
			})
		}
		if err := write.Encode(line); err != nil {
			return answer{status: http.StatusInternalServerError, media: mediaText, body: []byte("the line cannot be written")}
		}
	}
	if lines.Len() == 0 {
		return cargoNo("no such crate")
	}
	return answer{status: http.StatusOK, media: mediaText, body: lines.Bytes()}
}

func (d cargoDoor) download(name, number string) answer {
	v := d.shelf.one(name, number)
	if v == nil {
		return cargoNo("no such version")
	}
	return answer{status: http.StatusOK, media: "application/octet-stream", body: v.body}
}

func (d cargoDoor) search(text string) answer {
	d.shelf.note(text)
	crates := []map[string]string{}
	found := d.shelf.names(text)
	for _, name := range found[:min(len(found), searchBound)] {
		_, release := newest(d.shelf.found(name))
		crates = append(crates, map[string]string{"name": name, "max_version": release, "description": "offered by a trial"})
	}
	return says(map[string]any{"crates": crates, "meta": map[string]int{"total": len(found)}})
}

func cargoNo(why string) answer {
	a := says(map[string]any{"errors": []map[string]string{{"detail": why}}})
	a.status = http.StatusNotFound
	return a
}
