package admission

import (
	"testing"

	"assay.invalid/internal/assay"
)

func TestName(t *testing.T) {
	admitted(t, "a sound name", nameStep{}, candidate())
	c := candidate()
	c.Coordinate.Name = "Widgets"
	refused(t, "another spelling of a name", nameStep{}, c, assay.Invalid, `written "widgets"`)
	c = candidate()
	c.Coordinate.Name = ""
	refused(t, "no name", nameStep{}, c, assay.Invalid, "empty")
	c = candidate()
	c.Admissible = func(name, version string) error {
		return assay.Errorf(assay.Invalid, "%s %s is not for new packages", name, version)
	}
	refused(t, "what the ecosystem refuses", nameStep{}, c, assay.Invalid, "widgets 3 is not for new packages")
}
