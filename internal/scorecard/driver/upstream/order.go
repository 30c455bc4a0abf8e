package upstream

import (
	"slices"

	"golang.org/x/mod/semver"
)

// newest sorts versions, oldest first, and says which is the newest, and the
// newest that is no pre-release. What trials offer is numbered alike in every
// ecosystem, so that one order does for all that have no grammar here.
func newest(versions []*version) (latest, release string) {
	slices.SortFunc(versions, func(a, b *version) int {
		return semver.Compare("v"+a.release.Version, "v"+b.release.Version)
	})
	for _, v := range versions {
		latest = v.release.Version
		if semver.Prerelease("v"+latest) == "" {
			release = latest
		}
	}
	if release == "" {
		release = latest
	}
	return latest, release
}
