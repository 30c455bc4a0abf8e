package pypi

import (
	"net/http"
	"strconv"
	"strings"

	"assay.invalid/internal/assay"
)

// form is a media type of the simple API and the representation that it means
// (PEP 691).
type form struct{ media, representation string }

// forms are in our order of preference, which decides between equal weights.
// text/html stands before the rest of its kind in front of a wildcard: who
// says nothing is an old client or a browser.
var forms = []form{
	{"application/vnd.pypi.simple.v1+json", repJSON},
	{"application/vnd.pypi.simple.latest+json", repJSON},
	{"application/vnd.pypi.simple.v1+html", repHTML},
	{"application/vnd.pypi.simple.latest+html", repHTML},
	{"text/html", repText},
}

// representation chooses the form of a page: by the parameter "format", which
// PEP 691 admits for those who cannot set a header, else by Accept (RFC 9110,
// section 12.5.1).
func representation(r *http.Request) (string, error) {
	if wanted := r.URL.Query().Get("format"); wanted != "" {
		wanted = strings.ReplaceAll(wanted, " ", "+") // a plus that was not escaped
		for _, f := range forms {
			if strings.EqualFold(f.media, wanted) {
				return f.representation, nil
			}
		}
		return "", errNoForm
	}
	header := r.Header.Values("Accept")
	if len(header) == 0 {
		return repText, nil
	}
	best, weight := "", 0.0
	for _, f := range forms {
		if q := acceptance(header, f.media); q > weight {
			best, weight = f.representation, q
		}
	}
	if best == "" {
		return "", errNoForm
	}
	return best, nil
}

// errNoForm is never changed.
var errNoForm = &assay.Error{Kind: assay.Invalid, Status: http.StatusNotAcceptable,
	Message: "a page of this index is had as application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html or text/html"}

// acceptance is the weight that an Accept header gives to a media type: that
// of the range which names it most closely. A wildcard means the one form
// that everybody reads.
func acceptance(header []string, media string) float64 {
	weight, specific := 0.0, 0
	for _, line := range header {
		for part := range strings.SplitSeq(line, ",") {
			given, params, _ := strings.Cut(part, ";")
			given = strings.ToLower(strings.TrimSpace(given))
			closeness := 0
			switch {
			case given == media:
				closeness = 3
			case given == "text/*" && media == "text/html":
				closeness = 2
			case given == "*/*" && media == "text/html":
				closeness = 1
			}
			if closeness > specific {
				weight, specific = quality(params), closeness
			}
		}
	}
	return weight
}

// quality reads the q parameter; anything that is no weight counts as 1.
func quality(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && q >= 0 && q <= 1 {
			return q
		}
	}
	return 1
}
