package wire

import (
	"strings"

	"assay.invalid/internal/assay"
)

// maxRange and maxSets bound a range, which a person writes.
const (
	maxRange = 4 << 10
	maxSets  = 200
)

// A versionRange is a union of intervals.
type versionRange []interval

// interval has no bound where low or high is nil.
type interval struct {
	low, high         *token
	withLow, withHigh bool // the bound itself lies inside
}

// Contains implements assay.Range. What cannot be ordered lies inside: a
// block must not be escaped by an odd spelling.
func (r versionRange) Contains(version string) bool {
	if !plainVersion(version) {
		return true
	}
	v := parse(version)
	for _, in := range r {
		if in.contains(v) {
			return true
		}
	}
	return false
}

func (in interval) contains(v *token) bool {
	if in.low != nil {
		if order := compareTokens(v, in.low); order < 0 || order == 0 && !in.withLow {
			return false
		}
	}
	if in.high != nil {
		if order := compareTokens(v, in.high); order > 0 || order == 0 && !in.withHigh {
			return false
		}
	}
	return true
}

const rangeHelp = "write ranges as Maven does: [1.0,2.0) from 1.0 to below 2.0, (,1.0] up to 1.0, [1.0] or 1.0 for that version"

func parseRange(expr string) (assay.Range, error) {
	refuse := func(why string) (assay.Range, error) {
		return nil, assay.Errorf(assay.Invalid, "%q is no range of Maven versions (%s): %s", expr, why, rangeHelp)
	}
	if len(expr) > maxRange {
		return nil, assay.Errorf(assay.Invalid, "a range of %d bytes is too long: %d is the limit", len(expr), maxRange)
	}
	rest := strings.TrimSpace(expr)
	if rest == "" {
		return refuse("it is empty")
	}
	if rest[0] != '[' && rest[0] != '(' {
		v, err := bound(rest)
		if err != nil || v == nil {
			return refuse("it is no version either")
		}
		return versionRange{{low: v, high: v, withLow: true, withHigh: true}}, nil
	}
	var r versionRange
	for rest != "" {
		if rest[0] != '[' && rest[0] != '(' {
			return refuse("a set begins with [ or (")
		}
		end := strings.IndexAny(rest, "])")
		if end < 0 {
			return refuse("a set ends with ] or )")
		}
		in, why := parseInterval(rest[0], rest[1:end], rest[end])
		if why != "" {
			return refuse(why)
		}
		if r = append(r, in); len(r) > maxSets {
			return refuse("it has too many sets")
		}
		rest = strings.TrimSpace(rest[end+1:])
		if rest == "" {
			break
		}
		after, ok := strings.CutPrefix(rest, ",")
		if rest = strings.TrimSpace(after); !ok || rest == "" {
			return refuse("sets are joined by single commas")
		}
	}
	return r, nil
}

// parseInterval reads what stands between two brackets; why says what is
// wrong with it.
func parseInterval(open byte, inside string, closing byte) (in interval, why string) {
	in.withLow, in.withHigh = open == '[', closing == ']'
	low, high, two := strings.Cut(inside, ",")
	if strings.Contains(high, ",") {
		return in, "a set has two ends at most"
	}
	var err error
	if in.low, err = bound(low); err != nil {
		return in, "an end of it is no version"
	}
	if !two {
		if in.low == nil || !in.withLow || !in.withHigh {
			return in, "a single version stands in square brackets"
		}
		in.high = in.low
		return in, ""
	}
	if in.high, err = bound(high); err != nil {
		return in, "an end of it is no version"
	}
	if in.low == nil || in.high == nil {
		return in, ""
	}
	switch order := compareTokens(in.low, in.high); {
	case order > 0:
		return in, "a set begins after its end"
	case order == 0 && !(in.withLow && in.withHigh):
		return in, "a set holds nothing"
	}
	return in, ""
}

func bound(raw string) (*token, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return nil, nil
	}
	v, err := Grammar{}.Version(raw)
	if err != nil {
		return nil, err
	}
	return parse(v), nil
}
