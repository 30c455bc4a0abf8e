package errorpage

import (
	"testing"

	"assay.invalid/internal/web/webtest"
)

func TestErrorPage(t *testing.T) {
	p := Page{Status: 404, Title: "There is nothing here", Message: "nothing is served at /<b>x\u202e"}
	page := webtest.Check(t, p.Write)
	page.Has("There is nothing here", "Nothing is served at /<b>x", "Status 404", "Go to the first page")
	page.Lacks("\u202e")
}
