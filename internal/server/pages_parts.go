package server

import (
	"encoding/json"
	"io"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/web"
)

// framedPage is a page that stands in the frame.
type framedPage interface {
	Write(w io.Writer, frame web.Frame) error
}

// purlOf reads a package URL that the house has written; one that it cannot
// read is shown as it is, and leads nowhere.
func purlOf(text string) web.PURL {
	c, err := assay.ParseCoordinate(text)
	if err != nil {
		return web.PURL{Name: text}
	}
	return web.PURLOf(c)
}

func exceptionsOf(in []api.Exception) []web.Exception {
	out := make([]web.Exception, 0, len(in))
	for _, e := range in {
		out = append(out, web.Exception{
			ID: e.ID, What: purlOf(e.Version), Rule: e.Rule, Reason: e.Reason, By: e.By, Created: e.Created, Until: e.Until,
		})
	}
	return out
}

func decidedOf(in []api.DecisionRow) []web.Decided {
	out := make([]web.Decided, 0, len(in))
	for _, d := range in {
		out = append(out, web.Decided{
			Key:  strings.Join([]string{d.Day, d.Registry, d.Coordinate.String(), d.Rule, d.Effect, d.Principal}, " "),
			What: web.PURLOf(d.Coordinate), Badge: web.BadgeNamed(d.Effect), Rule: d.Rule, Registry: d.Registry,
			Reason: d.Reason, Last: d.Last, Count: d.Count, Principal: d.Principal, Why: web.WhyPath(d.Why),
		})
	}
	return out
}

func eventsOf(in []api.PackageEvent) []web.Event {
	out := make([]web.Event, 0, len(in))
	for _, e := range in {
		out = append(out, web.Event{Index: e.Index, Time: e.Time, Kind: e.Kind, Version: e.Version, By: e.By, Reason: e.Reason})
	}
	return out
}

// eventBody is what of an event's body a page shows.
type eventBody struct {
	By      string `json:"by"`
	Subject struct {
		Name    string `json:"name"`
		Version string `json:"version"`
		File    string `json:"file"`
	} `json:"subject"`
	// Details differ by kind; one that has no such member has no reason.
	Details json.RawMessage `json:"details"`
}

// read takes what can be shown of a body. What cannot be read is left out:
// the entry's proof has it byte for byte.
func (b *eventBody) read(body []byte, into *web.Event, eco assay.Ecosystem) {
	if json.Unmarshal(body, b) != nil {
		into.Sealed = true
		return
	}
	into.By = b.By
	if b.Subject.Name != "" {
		into.What = web.PURLOf(assay.Coordinate{Ecosystem: eco, Name: b.Subject.Name, Version: b.Subject.Version, File: b.Subject.File})
	}
	var details struct {
		Reason string `json:"reason"`
	}
	if json.Unmarshal(b.Details, &details) == nil {
		into.Reason = details.Reason
	}
}
