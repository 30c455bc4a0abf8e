package home

import (
	"testing"

	"assay.invalid/internal/web/webtest"
)

func TestHome(t *testing.T) {
	p := Page{
		Notes: []string{"New versions wait 3 days."},
		Places: []Place{
			{Name: "npm", Base: "http://127.0.0.1:8417/npm/", Upstream: "registry.example",
				Lines: []Line{{Client: "npm", Line: "npm install --registry http://127.0.0.1:8417/npm/ express"}}},
			{Name: "go", Base: "http://127.0.0.1:8417/go/"},
		},
	}
	page := webtest.Check(t, p.Write)
	page.Has("New versions wait 3 days.", "npm install --registry http://127.0.0.1:8417/npm/ express",
		"pulls from registry.example", "has no upstream: hosted packages only")
	if n := len(page.All("pre")); n != 1 {
		t.Errorf("the page has %d lines to copy", n)
	}
}

func TestHomeWithoutRegistries(t *testing.T) {
	webtest.Check(t, new(Page).Write).Has("No registry is served here yet.")
}
