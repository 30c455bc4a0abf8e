package wire

import (
	"html"
	"io"
)

// WriteProjects writes the list of all projects (PEP 503, PEP 691); asJSON
// chooses the form.
func WriteProjects(to io.Writer, names []string, asJSON bool) error {
	w := newWriter(to)
	if asJSON {
		w.text(`{"meta":{"api-version":"`, apiFull, `"},"projects":[`)
		for i, name := range names {
			if i > 0 {
				w.text(",")
			}
			w.text(`{"name":`)
			w.quote(name)
			w.text("}")
		}
		w.text("]}")
		return w.finish(nil)
	}
	w.text("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"pypi:repository-version\" content=\"", apiFull, "\">\n<title>Simple index</title>\n</head>\n<body>\n")
	for _, name := range names {
		w.text("<a")
		w.attribute("href", name+"/")
		w.text(">", html.EscapeString(name), "</a><br>\n")
	}
	w.text("</body>\n</html>\n")
	return w.finish(nil)
}
