package names

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"assay.invalid/internal/assay"
)

// Bounds on a list that is read.
const (
	maxListed = 5_000_000
	maxLine   = 4096
)

// ReadList reads names and how much they are used, one a line: the name, a
// tab and a count, which may be left out and is 0 then. Empty lines and lines
// that begin with # say nothing. Errors are of kind Invalid and name the
// line.
func ReadList(r io.Reader) ([]Popular, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, maxLine), maxLine)
	var list []Popular
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, count, counted := strings.Cut(line, "\t")
		popular := Popular{Name: strings.TrimSpace(name)}
		if counted {
			weight, err := strconv.ParseUint(strings.TrimSpace(count), 10, 64)
			if err != nil {
				return nil, assay.Errorf(assay.Invalid, "line %d: what follows %q is no count: write the name, a tab and a whole number", n, clip(popular.Name))
			}
			popular.Weight = float64(weight)
		}
		if len(popular.Name) > maxName {
			return nil, assay.Errorf(assay.Invalid, "line %d: a name of %d bytes is too long: %d is the limit", n, len(popular.Name), maxName)
		}
		if len(list) == maxListed {
			return nil, assay.Errorf(assay.TooLarge, "line %d: a list may have %d names", n, maxListed)
		}
		list = append(list, popular)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, assay.Errorf(assay.Invalid, "line %d is longer than %d bytes: write one name a line", n+1, maxLine)
	} else if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the list of names cannot be read")
	}
	return list, nil
}

func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "..."
	}
	return s
}

// Interleave makes one list of several whose counts do not compare, such as
// the downloads of the whole world and those of one registry: the first of
// each come first, then the second of each, and so on.
func Interleave(lists ...[]Popular) []Popular {
	var all []Popular
	for _, list := range lists {
		ordered := slices.Clone(list)
		slices.SortStableFunc(ordered, func(a, b Popular) int { return cmp.Compare(b.Weight, a.Weight) })
		for rank := range ordered {
			ordered[rank].Weight = -float64(rank)
		}
		all = append(all, ordered...)
	}
	return all
}
