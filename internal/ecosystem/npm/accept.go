package npm

import (
	"net/http"
	"strconv"
	"strings"
)

// wantsAbbreviated decides between the two forms of a document by Accept (RFC
// 9110, section 12.5.1). The abbreviated form is given only to who names it;
// with equal weight it wins, because a client that cannot use it would not
// have named it.
func wantsAbbreviated(r *http.Request) bool {
	abbreviated, full := -1.0, -1.0
	fullSpecific := 0 // how closely the range that set full names it
	for _, line := range r.Header.Values("Accept") {
		for part := range strings.SplitSeq(line, ",") {
			media, params, _ := strings.Cut(part, ";")
			q := weight(params)
			specific := 0
			switch strings.ToLower(strings.TrimSpace(media)) {
			case mediaAbbreviated:
				abbreviated = max(abbreviated, q)
			case mediaFull:
				specific = 3
			case "application/*":
				specific = 2
			case "*/*":
				specific = 1
			}
			if specific > fullSpecific {
				full, fullSpecific = q, specific
			}
		}
	}
	return abbreviated > 0 && abbreviated >= full
}

// weight reads the q parameter; anything that is no weight counts as 1.
func weight(params string) float64 {
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
