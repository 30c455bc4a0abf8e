package server

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"assay.invalid/internal/web/scorecard"
)

// scorecardPage shows this Assay's own card, to everybody: it says what
// anyone can find out from outside.
func (f *front) scorecardPage(w http.ResponseWriter, r *http.Request) {
	if name, below := strings.CutPrefix(r.URL.Path, "/scorecard/"); below && f.server.config.Scorecard != nil {
		if body, kind, ok := f.server.config.Scorecard.File(name); ok {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Cache-Control", "public, max-age=300")
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
			return
		}
	}
	if !f.alone(w, r, "/scorecard") {
		return
	}
	p := scorecard.Page{Command: f.scoreCommand()}
	if source := f.server.config.Scorecard; source != nil {
		card, ok, err := source.Page(r.Context())
		if err != nil {
			f.fail(w, r, err)
			return
		}
		if ok {
			p.Card = card
		}
	}
	f.answerPage(w, r, &p)
}

// scoreCommand makes a card of every registry served here.
func (f *front) scoreCommand() string {
	var b strings.Builder
	b.WriteString("assay score")
	for _, place := range f.server.places() {
		b.WriteString(" --as " + place + "=" + f.address() + place + "/")
	}
	b.WriteString(" -o json --output card.json")
	return b.String()
}
