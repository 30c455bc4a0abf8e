package osv

import (
	"math"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// severity reads how bad a record says it is: the database's own word, which a
// person has weighed, before what a vector comes to; of vectors the newest.
func severity(vectors []wireSeverity, specific jsontext.Value) assay.Severity {
	var form struct {
		Severity string `json:"severity"`
		CVSS     string `json:"cvss"`
	}
	if len(specific) > 0 && json.Unmarshal(specific, &form) == nil {
		if s := fromWord(form.Severity); s != assay.SeverityUnknown {
			return s
		}
	}
	if form.CVSS != "" {
		vectors = append(vectors, wireSeverity{Type: "CVSS_V3", Score: form.CVSS})
	}
	for _, typ := range []string{"CVSS_V4", "CVSS_V3", "CVSS_V2"} {
		for _, v := range vectors {
			if v.Type != typ {
				continue
			}
			if s := fromVector(typ, v.Score); s != assay.SeverityUnknown {
				return s
			}
		}
	}
	return assay.SeverityUnknown
}

func fromWord(word string) assay.Severity {
	switch strings.ToUpper(word) {
	case "LOW":
		return assay.SeverityLow
	case "MODERATE", "MEDIUM":
		return assay.SeverityMedium
	case "HIGH":
		return assay.SeverityHigh
	case "CRITICAL":
		return assay.SeverityCritical
	}
	return assay.SeverityUnknown
}

// metrics splits a vector "CVSS:3.1/AV:N/AC:L/..." into its parts; nil if one
// is malformed or stands twice.
func metrics(vector string) map[string]string {
	m := map[string]string{}
	for part := range strings.SplitSeq(vector, "/") {
		name, value, ok := strings.Cut(part, ":")
		if _, twice := m[name]; !ok || twice || len(m) > 64 {
			return nil
		}
		m[name] = value
	}
	return m
}

func fromVector(typ, vector string) assay.Severity {
	m := metrics(vector)
	if m == nil {
		return assay.SeverityUnknown
	}
	switch typ {
	case "CVSS_V3":
		if score, ok := score3(m); ok {
			return rate(score, 4, 7, 9)
		}
	case "CVSS_V2":
		if score, ok := score2(m); ok {
			return rate(score, 4, 7, 11) // version 2 knows no critical
		}
	case "CVSS_V4":
		return rate4(m)
	}
	return assay.SeverityUnknown
}

// rate turns a score into a word, by the scale of the CVSS specifications. No
// impact at all is the lowest word that there is.
func rate(score, medium, high, critical float64) assay.Severity {
	switch {
	case score >= critical:
		return assay.SeverityCritical
	case score >= high:
		return assay.SeverityHigh
	case score >= medium:
		return assay.SeverityMedium
	}
	return assay.SeverityLow
}

// pick returns the weight of a metric's value; ok turns false where there is
// none.
func pick(m map[string]string, name string, weights map[string]float64, ok *bool) float64 {
	w, found := weights[m[name]]
	*ok = *ok && found
	return w
}

// score3 is the base score of CVSS 3.0 and 3.1, sections 7.1 and 8.1.
func score3(m map[string]string) (float64, bool) {
	ok := m["CVSS"] == "3.0" || m["CVSS"] == "3.1"
	changed := m["S"] == "C"
	ok = ok && (changed || m["S"] == "U")
	impacts := map[string]float64{"H": 0.56, "L": 0.22, "N": 0}
	c, i, a := pick(m, "C", impacts, &ok), pick(m, "I", impacts, &ok), pick(m, "A", impacts, &ok)
	av := pick(m, "AV", map[string]float64{"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2}, &ok)
	ac := pick(m, "AC", map[string]float64{"L": 0.77, "H": 0.44}, &ok)
	privileges := map[string]float64{"N": 0.85, "L": 0.62, "H": 0.27}
	if changed {
		privileges = map[string]float64{"N": 0.85, "L": 0.68, "H": 0.5}
	}
	pr := pick(m, "PR", privileges, &ok)
	ui := pick(m, "UI", map[string]float64{"N": 0.85, "R": 0.62}, &ok)
	if !ok {
		return 0, false
	}
	iss := 1 - (1-c)*(1-i)*(1-a)
	impact := 6.42 * iss
	if changed {
		impact = 7.52*(iss-0.029) - 3.25*math.Pow(iss-0.02, 15)
	}
	if impact <= 0 {
		return 0, true
	}
	score := impact + 8.22*av*ac*pr*ui
	if changed {
		score *= 1.08
	}
	return roundUp(min(score, 10)), true
}

// roundUp rounds up to one decimal, as appendix A of CVSS 3.1 does, which
// floating-point noise does not disturb.
func roundUp(x float64) float64 {
	n := int(math.Round(x * 100_000))
	if n%10_000 == 0 {
		return float64(n) / 100_000
	}
	return float64(n/10_000+1) / 10
}

// score2 is the base score of CVSS 2, section 3.2.1.
func score2(m map[string]string) (float64, bool) {
	ok := true
	impacts := map[string]float64{"N": 0, "P": 0.275, "C": 0.66}
	c, i, a := pick(m, "C", impacts, &ok), pick(m, "I", impacts, &ok), pick(m, "A", impacts, &ok)
	av := pick(m, "AV", map[string]float64{"L": 0.395, "A": 0.646, "N": 1}, &ok)
	ac := pick(m, "AC", map[string]float64{"H": 0.35, "M": 0.61, "L": 0.71}, &ok)
	au := pick(m, "Au", map[string]float64{"M": 0.45, "S": 0.56, "N": 0.704}, &ok)
	if !ok {
		return 0, false
	}
	impact := 10.41 * (1 - (1-c)*(1-i)*(1-a))
	f := 1.176
	if impact == 0 {
		f = 0
	}
	score := (0.6*impact + 0.4*20*av*ac*au - 1.5) * f
	return math.Round(score*10) / 10, true
}

// rate4 places a CVSS 4.0 vector by its base metrics. The exact score comes
// from a table of 270 rows that people have ranked; the word alone follows from
// how easily it is used and how much is lost, and is taken no lower than the
// table's.
func rate4(m map[string]string) assay.Severity {
	if m["CVSS"] != "4.0" || m["AV"] == "" || m["VC"] == "" {
		return assay.SeverityUnknown
	}
	high, low := 0, 0
	for _, name := range []string{"VC", "VI", "VA"} {
		switch m[name] {
		case "H":
			high++
		case "L":
			low++
		}
	}
	for _, name := range []string{"SC", "SI", "SA"} {
		switch m[name] {
		case "H":
			high++
		case "L":
			low++
		}
	}
	easy := m["AV"] == "N" && m["AC"] == "L" && m["AT"] == "N" && m["PR"] == "N"
	switch {
	case high >= 2 && easy && m["UI"] == "N":
		return assay.SeverityCritical
	case high >= 1 && (m["AV"] == "N" || high >= 2):
		return assay.SeverityHigh
	case high >= 1 || low >= 1 && easy:
		return assay.SeverityMedium
	}
	return assay.SeverityLow
}
