package endtoend_test

import (
	"net/http"
	"testing"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

func TestPyPISuite(t *testing.T)       { ecosystemtest.Run(t, pypiSubject()) }
func TestPyPIHostedSuite(t *testing.T) { ecosystemtest.RunHosted(t, pypiSubject()) }

func pypiSubject() ecosystemtest.Subject {
	return ecosystemtest.Subject{
		World: func(t *testing.T) ecosystemtest.World {
			fake, err := ecosystemtest.NewPyPI()
			must(t, err)
			t.Cleanup(fake.Stop)
			return ecosystemtest.PyPIWorld{Fake: fake}
		},
		Place: func(t *testing.T, w ecosystemtest.World) ecosystemtest.Place { return newHouse(t, w, "pypi", nil) },
	}
}

// An old index has neither JSON nor dates, and a mirror writes references in
// the place of addresses. Its packages are served as far as the policy lets
// versions without a date through.
func TestPyPIOldIndex(t *testing.T) {
	fake, err := ecosystemtest.NewPyPI()
	must(t, err)
	t.Cleanup(fake.Stop)
	fake.HTMLOnly()
	fake.Relative()
	world := ecosystemtest.PyPIWorld{Fake: fake}
	place := newHouse(t, world, "pypi", nil)
	must(t, world.Publish("kettle", "1.0.0", place.Now(), 0))
	must(t, world.Publish("kettle", "1.1.0", place.Now(), 0))
	must(t, fake.Publish(ecosystemtest.PyPIVersion{Name: "kettle", Version: "1.2.0", Yanked: "it leaks"}))
	status, page, err := fetch(t.Context(), place.Base+"simple/kettle/?format=application/vnd.pypi.simple.v1%2Bjson")
	must(t, err)
	if status != http.StatusOK {
		t.Fatalf("the page answered %d: %s", status, page)
	}
	says(t, "the page", string(page), `"api-version":"1.0"`, "kettle-1.0.0-py3-none-any.whl", place.Base+"files/kettle/", "Assay refuses it (age-unknown)")
	file := place.Base + world.FilePath("kettle", "1.0.0")
	if status, body, err := fetch(t.Context(), file); err != nil || status != http.StatusForbidden {
		t.Errorf("a version without a date answered %d (%v): %s", status, err, body)
	}
	must(t, place.Except("pkg:pypi/kettle@1.0.0", "age-unknown", "we know it"))
	status, body, err := fetch(t.Context(), file)
	must(t, err)
	if status != http.StatusOK || string(body) != string(fake.File("kettle", "1.0.0")) {
		t.Errorf("the file answered %d: %.200s", status, body)
	}
}
