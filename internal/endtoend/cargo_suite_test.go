package endtoend_test

import (
	"testing"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

func TestCargoSuite(t *testing.T)       { ecosystemtest.Run(t, cargoSubject()) }
func TestCargoHostedSuite(t *testing.T) { ecosystemtest.RunHosted(t, cargoSubject()) }

func cargoSubject() ecosystemtest.Subject {
	return ecosystemtest.Subject{
		World: func(t *testing.T) ecosystemtest.World {
			fake, err := ecosystemtest.NewCargo()
			must(t, err)
			t.Cleanup(fake.Stop)
			return ecosystemtest.CargoWorld{Fake: fake}
		},
		Place: func(t *testing.T, w ecosystemtest.World) ecosystemtest.Place { return newHouse(t, w, "cargo", nil) },
	}
}
