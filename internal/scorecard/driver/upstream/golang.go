package upstream

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/golang/wire"
)

// golangDoor answers as a module proxy (https://go.dev/ref/mod#goproxy-protocol).
type golangDoor struct {
	shelf *shelf
	sumdb *database
}

const mediaText = "text/plain; charset=utf-8"

func (d golangDoor) answer(_ string, r *http.Request) answer {
	// wire wants the path as it was sent, without its first slash.
	q, err := wire.ParseRequest(strings.TrimPrefix(r.URL.EscapedPath(), "/"))
	if err != nil {
		return goNo("no such path")
	}
	switch q.Kind {
	case wire.SumDB:
		return d.vouch(q)
	case wire.List:
		var list strings.Builder
		for _, v := range newestLast(d.shelf.find(q.Module)) {
			list.WriteString(v.release.Version + "\n")
		}
		if list.Len() == 0 {
			return goNo("module " + q.Module + ": no such module")
		}
		return answer{status: http.StatusOK, media: mediaText, body: []byte(list.String())}
	case wire.Latest:
		versions := newestLast(d.shelf.find(q.Module))
		if len(versions) == 0 {
			return goNo("module " + q.Module + ": no matching versions")
		}
		latest := versions[len(versions)-1]
		for _, v := range slices.Backward(versions) {
			if !(wire.Grammar{}).Prerelease(v.release.Version) {
				latest = v // any release goes before any pre-release
				break
			}
		}
		return latest.info()
	case wire.File:
		return d.file(q)
	}
	d.shelf.note(q.Module)
	return goNo("there is no version control behind this proxy")
}

func (d golangDoor) file(q wire.Request) answer {
	v := d.shelf.one(q.Module, q.Version)
	if v == nil {
		return goNo(q.Module + "@" + q.Version + ": unknown revision")
	}
	switch q.Ext {
	case wire.Info:
		return v.info()
	case wire.Mod:
		return answer{status: http.StatusOK, media: mediaText, body: v.mod}
	}
	return answer{status: http.StatusOK, media: "application/zip", body: v.body}
}

func newestLast(versions []*version) []*version {
	slices.SortFunc(versions, func(a, b *version) int {
		return wire.Grammar{}.Compare(a.release.Version, b.release.Version)
	})
	return versions
}

func (v *version) info() answer {
	body, err := json.Marshal(map[string]string{"Version": v.release.Version, "Time": v.published.Format(time.RFC3339)})
	if err != nil {
		return answer{status: http.StatusInternalServerError, media: mediaText, body: []byte("the answer cannot be written")}
	}
	return answer{status: http.StatusOK, media: mediaJSON, body: body}
}

func goNo(why string) answer {
	return answer{status: http.StatusNotFound, media: mediaText, body: []byte("not found: " + why + "\n")}
}

// modBound is how much of a go.mod is read, in bytes.
const modBound = 1 << 20

// readModule finds what a module proxy says of a zip beside the zip itself.
func (v *version) readModule() error {
	name, number := v.release.Name, v.release.Version
	z, err := zip.NewReader(bytes.NewReader(v.body), int64(len(v.body)))
	if err != nil {
		return assay.Wrap(assay.Invalid, err, "%s %s cannot be offered by the upstream: it is no zip", name, number)
	}
	f, err := z.Open(name + "@" + number + "/go.mod")
	if err != nil {
		return assay.Wrap(assay.Invalid, err, "%s %s cannot be offered by the upstream: its zip has no go.mod", name, number)
	}
	defer f.Close()
	if v.mod, err = io.ReadAll(io.LimitReader(f, modBound)); err != nil {
		return assay.Wrap(assay.Invalid, err, "%s %s cannot be offered by the upstream: its go.mod cannot be read", name, number)
	}
	h1, err := wire.CheckZip(name, number, bytes.NewReader(v.body), int64(len(v.body)), wire.DefaultLimits())
	if err != nil {
		return assay.Wrap(assay.Invalid, err, "%s %s cannot be offered by the upstream: it is no module zip", name, number)
	}
	v.h1 = string(h1)
	return nil
}
