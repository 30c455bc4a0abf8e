package insight

import (
	"context"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// Kind says what a source holds.
type Kind string

// The kinds.
const (
	Advisories Kind = "advisories" // records in the OSV format
	KnownBad   Kind = "known-bad"  // a list of known-bad versions and digests
)

// Source is where advisories or a list come from.
type Source struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
	// From is an absolute path of this machine, or an address.
	From  string    `json:"from"`
	Added time.Time `json:"added,omitzero"`
	By    string    `json:"by,omitempty"`
}

// The names of the sources that are always there.
const (
	OwnName      = "own"                  // the advisories that were written here
	EmbeddedName = "compromised-versions" // the list that is part of the program
)

// givenPrefix begins the names of sources that were named when the server was
// started, GivenName.
const givenPrefix = "given-"

// GivenName names the n-th source that was named when the server was started.
func GivenName(n int) string { return givenPrefix + strconv.Itoa(n) }

// maxSources bounds the sources of both kinds together: each has an index that
// every decision looks into.
const maxSources = 50

// address tells whether the source is asked over the network.
func (s *Source) address() bool { return isAddress(s.From) }

func isAddress(from string) bool {
	return strings.HasPrefix(from, "https://") || strings.HasPrefix(from, "http://")
}

// check says what is wrong with a source as somebody wrote it.
func (s *Source) check() error {
	if s.Kind != Advisories && s.Kind != KnownBad {
		return assay.Errorf(assay.Invalid, "a source holds advisories or a known-bad list, not %q", s.Kind)
	}
	if !soundName(s.Name) {
		return assay.Errorf(assay.Invalid, "%q cannot name a source: take 1 to 40 of a to z, 0 to 9, - and _, the first a letter or digit", s.Name)
	}
	if s.Name == OwnName || s.Name == EmbeddedName {
		return assay.Errorf(assay.Invalid, "%q is the name of a source that is always there: take another", s.Name)
	}
	if !isAddress(s.From) {
		if strings.Contains(s.From, "://") {
			return assay.Errorf(assay.Invalid, "%q is no source: give a file, a directory, or an address that begins with https:// or http://", s.From)
		}
		if !filepath.IsAbs(s.From) {
			return assay.Errorf(assay.Invalid, "%q is no source: the path of a file or directory is given from the root on", s.From)
		}
		return nil
	}
	u, err := url.Parse(s.From)
	switch {
	case err != nil || u.Host == "":
		return assay.Errorf(assay.Invalid, "%q is no address: write https://host/path", s.From)
	case u.User != nil:
		// It would stand in settings, logs and lists for all to read.
		return assay.Errorf(assay.Invalid, "the address of a source holds no user and no password: they would be shown in every list of sources")
	case u.Fragment != "":
		return assay.Errorf(assay.Invalid, "the address of a source holds no #fragment: %q", s.From)
	}
	return nil
}

// soundName keeps names to what can stand in a command and as a directory: it
// cannot lead out of the one it lies in.
func soundName(name string) bool {
	if name == "" || len(name) > 40 || name[0] == '-' || name[0] == '_' {
		return false
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}

// settingSources holds the sources that were added by hand, as JSON.
const settingSources = "insight-sources"

// readSources reads them.
func readSources(ctx context.Context, tx store.Tx) ([]Source, error) {
	text, err := tx.Setting(ctx, settingSources)
	if assay.Is(err, assay.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var kept []Source
	if err := json.Unmarshal(text, &kept); err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the kept sources of advisories cannot be read")
	}
	return kept, nil
}

// changeSources replaces them in one transaction.
func changeSources(ctx context.Context, st store.Store, change func([]Source) ([]Source, error)) error {
	return st.Update(ctx, func(tx store.Tx) error {
		kept, err := readSources(ctx, tx)
		if err != nil {
			return err
		}
		if kept, err = change(slices.Clone(kept)); err != nil {
			return err
		}
		text, err := json.Marshal(kept)
		if err != nil {
			return assay.Wrap(assay.Internal, err, "the sources of advisories cannot be kept")
		}
		return tx.PutSetting(ctx, settingSources, text)
	})
}
