package cli

import (
	"hash/maphash"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

// reached counts how far something reaches. What is only to be told apart is
// kept by its hash, so that a large place costs little memory; two that share
// a hash of 64 bits by chance count as one.
type reached struct {
	seed                 maphash.Seed
	downloads, anonymous int64
	versions, packages   map[uint64]struct{}
	principals           map[uint64]struct{}
}

func newReached(seed maphash.Seed) *reached {
	return &reached{seed: seed, versions: map[uint64]struct{}{}, packages: map[uint64]struct{}{}, principals: map[uint64]struct{}{}}
}

// add counts downloads of one version by one principal.
func (r *reached) add(version assay.Coordinate, principal string, count int64) {
	r.downloads += count
	r.versions[maphash.Comparable(r.seed, version)] = struct{}{}
	r.packages[maphash.Comparable(r.seed, version.Package())] = struct{}{}
	if principal == "" {
		r.anonymous += count
	} else {
		r.principals[maphash.String(r.seed, principal)] = struct{}{}
	}
}

func (r *reached) breadth() api.Breadth {
	return api.Breadth{
		Downloads: r.downloads, Anonymous: r.anonymous,
		Versions: int64(len(r.versions)), Packages: int64(len(r.packages)), Principals: int64(len(r.principals)),
	}
}
