package wire

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/semver"

	"assay.invalid/internal/assay"
)

// DecodeList reads a list of versions: one a line, in the document's order,
// duplicates dropped. Fields after the version are tolerated, as the go
// command does. A tag that the module cannot have as a version is left out;
// a line that is no version at all means that the document is something else
// (a page of HTML, an error), and the whole of it is refused: a listing that
// is silently short would make versions vanish.
func DecodeList(name string, document []byte, limits Limits) ([]string, error) {
	unsound := func(format string, args ...any) error {
		return assay.Errorf(assay.Unsound, "the upstream's list of versions of %s is not one: %s", name, fmt.Sprintf(format, args...))
	}
	if int64(len(document)) > limits.List {
		return nil, unsound("it has %d bytes, over the limit of %d", len(document), limits.List)
	}
	var versions []string
	seen := map[string]bool{}
	number := 0
	for raw := range bytes.SplitSeq(document, []byte("\n")) {
		number++
		if len(raw) > limits.Line {
			return nil, unsound("line %d has %d bytes, over the limit of %d", number, len(raw), limits.Line)
		}
		fields := strings.Fields(string(raw))
		if len(fields) == 0 {
			continue
		}
		version := fields[0]
		if !looksLikeVersion(version) {
			return nil, unsound("line %d does not begin with a version", number)
		}
		if seen[version] || !Canonical(name, version) {
			continue
		}
		if len(versions) == limits.Versions {
			return nil, unsound("it has more than %d versions", limits.Versions)
		}
		version = strings.Clone(version) // not the whole line with it
		seen[version] = true
		versions = append(versions, version)
	}
	return versions, nil
}

// looksLikeVersion accepts versions and the odd tags that some proxies list
// ("v1.2.x", "v1"): a v, a digit, then what tags are made of.
func looksLikeVersion(s string) bool {
	if semver.IsValid(s) {
		return true
	}
	return len(s) >= 2 && s[0] == 'v' && s[1] >= '0' && s[1] <= '9' && plainVersion(s)
}

// EncodeList writes versions one a line. Pseudo-versions are left out: the
// protocol's list has none.
func EncodeList(w io.Writer, versions []string) error {
	var b strings.Builder
	for _, v := range versions {
		if !Pseudo(v) {
			b.WriteString(v)
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
