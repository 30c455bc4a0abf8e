package endtoend_test

import (
	"slices"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

func TestMavenSuite(t *testing.T)       { ecosystemtest.Run(t, mavenSubject()) }
func TestMavenHostedSuite(t *testing.T) { ecosystemtest.RunHosted(t, mavenSubject()) }

func mavenSubject() ecosystemtest.Subject {
	return ecosystemtest.Subject{
		World: func(t *testing.T) ecosystemtest.World {
			fake, err := ecosystemtest.NewMaven()
			must(t, err)
			t.Cleanup(fake.Stop)
			return ecosystemtest.MavenWorld{Fake: fake}
		},
		Place: func(t *testing.T, w ecosystemtest.World) ecosystemtest.Place { return newHouse(t, w, "maven", nil) },
	}
}

// Where an upstream gives its files no date, its versions existed by the last
// change of its metadata, and wait as long as that is new.
func TestMavenUpstreamWithoutDates(t *testing.T) {
	fake, err := ecosystemtest.NewMaven()
	must(t, err)
	t.Cleanup(fake.Stop)
	fake.Undated()
	world := ecosystemtest.MavenWorld{Fake: fake}
	place := newHouse(t, world, "maven", nil)
	choices := func(name string) []string {
		t.Helper()
		got, err := world.Choices(t.Context(), place.Base, name)
		if err != nil && got == nil {
			return nil // nothing to choose is said by an error
		}
		must(t, err)
		return got
	}
	kettle, lid := world.Name("kettle"), world.Name("lid")
	must(t, world.Publish(kettle, "1.0.0", place.Now().Add(-long), 0))
	must(t, world.Publish(lid, "1.0.0", place.Now().Add(-time.Hour), 0))
	if got := choices(kettle); !slices.Equal(got, []string{"1.0.0"}) {
		t.Errorf("of what has not changed for long one could choose %q", got)
	}
	if got := choices(lid); got != nil {
		t.Errorf("of what has changed an hour ago one could choose %q", got)
	}
	place.Advance(80 * time.Hour)
	if got := choices(lid); !slices.Equal(got, []string{"1.0.0"}) {
		t.Errorf("when it has waited one could choose %q", got)
	}
}
