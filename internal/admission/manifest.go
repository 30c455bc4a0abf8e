package admission

import (
	"context"
	"fmt"
	"strings"

	"assay.invalid/internal/assay"
)

// manifestStep compares what was sent beside the archive with what lies in
// it. Resolvers, auditors and policies read the one, installers obey the
// other: where they differ, everybody was shown something else than what they
// run (manifest confusion).
type manifestStep struct{}

func (manifestStep) Name() string { return "manifest" }

// named is how many fields a refusal names.
const named = 8

func (manifestStep) Check(_ context.Context, c *Candidate) error {
	report, ok := c.Report()
	if !ok {
		return nil // the ecosystem's archives say nothing of themselves
	}
	if report.Name != "" && report.Name != c.Coordinate.Name {
		return assay.Errorf(assay.Invalid, "the archive says that it is %s, and it was sent as %s: pack what you publish", report.Name, c.Coordinate.Name)
	}
	if report.Version != "" && report.Version != c.Coordinate.Version {
		return assay.Errorf(assay.Invalid, "the archive says that it is version %s, and it was sent as %s: pack what you publish", report.Version, c.Coordinate.Version)
	}
	fields := report.Disagreements
	if len(fields) == 0 {
		return nil
	}
	more := ""
	if len(fields) > named {
		more = fmt.Sprintf(" and %d more", len(fields)-named)
		fields = fields[:named]
	}
	return assay.Errorf(assay.Invalid, "the manifest that was sent and the one in the archive differ in %s%s: who reads the one would install the other; pack again and publish that", strings.Join(fields, ", "), more)
}
