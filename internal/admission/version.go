package admission

import (
	"context"

	"assay.invalid/internal/assay"
)

// versionStep keeps versions apart and in order.
type versionStep struct{}

func (versionStep) Name() string { return "version" }

func (versionStep) Check(_ context.Context, c *Candidate) error {
	version := c.Coordinate.Version
	canonical, err := c.Grammar.Version(version)
	if err != nil {
		return err
	}
	if canonical != version {
		return assay.Errorf(assay.Invalid, "the version %q is written %q: publish it so", version, canonical)
	}
	for _, old := range c.Existing {
		if old == version {
			// Whatever the bytes: somebody may have installed the first ones.
			return assay.Errorf(assay.Conflict, "%s was published before and a version is never used twice, not even once it was removed: raise the version", c.Coordinate.Short())
		}
		// Equal in order, apart in text: resolvers would choose one of the
		// two by chance, so one could be slipped in for the other.
		if c.Grammar.Compare(old, version) == 0 {
			return assay.Errorf(assay.Conflict, "the version %s cannot be told from %s, which was published before: resolvers order them alike; raise the version", version, old)
		}
	}
	return nil
}
