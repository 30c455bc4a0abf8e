package registry

import (
	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// versionFile names one of several files of a version.
type versionFile struct{ version, file string }

func promisesByFile(promises []store.Promise) map[versionFile][]assay.Digest {
	by := make(map[versionFile][]assay.Digest, len(promises))
	for _, p := range promises {
		key := versionFile{p.Version, p.File}
		by[key] = append(by[key], p.Digest)
	}
	return by
}

// broken is a promise that a listing takes back by another digest.
type broken struct {
	first   assay.Digest
	offered ecosystem.Promise
}

// promise notes what a version promises of its files for the first time, and
// returns what it promises otherwise than before. The first promise stays: an
// upstream that changes the bytes of a file and their digest together would
// else go unnoticed by everyone who had not fetched it yet.
func (c *changes) promise(v *ecosystem.Version, before map[versionFile][]assay.Digest) []broken {
	var otherwise []broken
	for _, offered := range v.Files {
		if offered.Digest == "" {
			continue
		}
		var first assay.Digest
		for _, d := range before[versionFile{v.Version, offered.File}] {
			if d.Algorithm() == offered.Digest.Algorithm() {
				first = d
				break
			}
		}
		switch first {
		case "":
			c.promises = append(c.promises, store.Promise{Version: v.Version, File: offered.File, Digest: offered.Digest})
		case offered.Digest:
		default:
			otherwise = append(otherwise, broken{first, offered})
		}
	}
	return otherwise
}
