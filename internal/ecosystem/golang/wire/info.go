package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// VersionInfo is what an .info or @latest document says of a version.
type VersionInfo struct {
	Version string
	Time    time.Time // of the commit, which its author can set; zero if absent
}

// DecodeInfo reads the .info document of a version, or of a query. When
// asked is a version that the module can have, the document must be about
// that very version (the go command asks for the same); "" means a @latest
// document. The version in the answer is always one that the module can have.
//
// Duplicate keys, and keys that differ from Version and Time in case alone,
// are refused: readers disagree on which of two counts, and a decision must
// be on the version and time that the client sees.
func DecodeInfo(name, asked string, document []byte, limits Limits) (VersionInfo, error) {
	unsound := func(format string, args ...any) (VersionInfo, error) {
		what := name
		if asked != "" {
			what += "@" + asked
		}
		return VersionInfo{}, assay.Errorf(assay.Unsound, "the upstream's description of %s cannot be trusted: %s", what, fmt.Sprintf(format, args...))
	}
	if int64(len(document)) > limits.Info {
		return unsound("it has %d bytes, over the limit of %d", len(document), limits.Info)
	}
	values, err := topLevel(document, "Version", "Time")
	if err != nil {
		return unsound("%s", short(err.Error()))
	}
	info := VersionInfo{Version: values["Version"]}
	if info.Version == "" {
		return unsound("it names no version")
	}
	if !Canonical(name, info.Version) {
		return unsound("%.80q is no version that the module can have", info.Version)
	}
	if asked != "" && Canonical(name, asked) && info.Version != asked {
		return unsound("it is about another version, %s", info.Version)
	}
	if text, ok := values["Time"]; ok {
		// As strict as the go command's reader, which time.Parse is not.
		if err := info.Time.UnmarshalText([]byte(text)); err != nil {
			return unsound("its time %.40q is not one", text)
		}
		info.Time = info.Time.UTC()
	}
	return info, nil
}

// topLevel reads the named members, which must be strings, of a JSON object;
// others are skipped.
func topLevel(document []byte, names ...string) (map[string]string, error) {
	d := jsontext.NewDecoder(bytes.NewReader(document)) // refuses duplicate keys at every level
	tok, err := d.ReadToken()
	if err != nil || tok.Kind() != '{' {
		return nil, errors.New("it is not a JSON object")
	}
	values := make(map[string]string, len(names))
	for d.PeekKind() != '}' {
		tok, err := d.ReadToken()
		if err != nil {
			return nil, fmt.Errorf("it is not sound JSON: %w", err)
		}
		key, wanted := tok.String(), ""
		for _, name := range names {
			switch {
			case key == name:
				wanted = name
			case strings.EqualFold(key, name):
				return nil, fmt.Errorf("it has a key %q, which some readers take for %s", key, name)
			}
		}
		if wanted == "" {
			if err := d.SkipValue(); err != nil {
				return nil, fmt.Errorf("it is not sound JSON: %w", err)
			}
			continue
		}
		tok, err = d.ReadToken()
		if err != nil || tok.Kind() != '"' {
			return nil, fmt.Errorf("its %s is not a string", wanted)
		}
		values[wanted] = tok.String()
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, fmt.Errorf("it is not sound JSON: %w", err)
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	return values, nil
}
