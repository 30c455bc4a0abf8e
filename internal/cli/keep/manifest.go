package keep

import (
	"bytes"
	"encoding/json"
	"io"
	"path"
	"regexp"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
)

// Format is the first field of a manifest.
const Format = "assay backup v1"

// The names in a backup.
const (
	fileManifest = "backup.json"
	fileDatabase = "metadata.sqlite"
	fileKey      = "log-key"
	folderBlobs  = "blobs"
	folderLog    = "log"
)

// Manifest names everything in a backup.
type Manifest struct {
	Format   string    `json:"format"`
	Created  time.Time `json:"created"`
	Instance string    `json:"instance"`
	// Origin and Key name the log. Entries is its size in the database,
	// Covered that of the checkpoint.
	Origin  string `json:"log_origin,omitempty"`
	Key     string `json:"log_key,omitempty"` // the verifier key
	Entries int64  `json:"log_entries"`
	Covered int64  `json:"log_covered"`
	// WithKey says that the signing key is in it.
	WithKey bool   `json:"with_key"`
	Files   []File `json:"files"`
}

// File is one file of a backup.
type File struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`   // in bytes
	SHA256 string `json:"sha256"` // in hexadecimal
}

// maxManifest bounds what is read of a manifest, in bytes: a few million
// files.
const maxManifest = 1 << 30

// Bytes sums the sizes of all files.
func (m *Manifest) Bytes() int64 {
	var n int64
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// Blobs counts the blobs.
func (m *Manifest) Blobs() int64 {
	var n int64
	for _, f := range m.Files {
		if strings.HasPrefix(f.Path, folderBlobs+"/") {
			n++
		}
	}
	return n
}

// ParseManifest reads a manifest. One with fields or files that it does not
// know, such as a path that leads elsewhere, is Invalid.
func ParseManifest(text []byte) (*Manifest, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var m Manifest
	if err := dec.Decode(&m); err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "the backup's %s cannot be read", fileManifest)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, assay.Errorf(assay.Invalid, "something follows the manifest in the backup's %s", fileManifest)
	}
	if m.Format != Format {
		return nil, assay.Errorf(assay.Invalid, "the backup's format is %q, and this Assay reads %q: use the one that wrote it, or a newer one", m.Format, Format)
	}
	met := make(map[string]bool, len(m.Files))
	for _, f := range m.Files {
		switch {
		case !known(f):
			return nil, assay.Errorf(assay.Invalid, "the backup's %s names %q, which is no file of a backup", fileManifest, f.Path)
		case f.Size < 0 || !digest.MatchString(f.SHA256):
			return nil, assay.Errorf(assay.Invalid, "the backup's %s has no size or digest for %s", fileManifest, f.Path)
		case met[f.Path]:
			return nil, assay.Errorf(assay.Invalid, "the backup's %s names %s twice", fileManifest, f.Path)
		}
		met[f.Path] = true
	}
	if !met[fileDatabase] {
		return nil, assay.Errorf(assay.Invalid, "the backup's %s names no database", fileManifest)
	}
	if m.WithKey != met[fileKey] {
		return nil, assay.Errorf(assay.Invalid, "the backup's %s contradicts itself about the log's key", fileManifest)
	}
	return &m, nil
}

var digest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// known tells whether a backup can have such a file. The list is closed: a
// manifest from outside must not choose where we write.
func known(f File) bool {
	switch f.Path {
	case fileDatabase, fileKey, folderLog + "/checkpoint", folderLog + "/checkpoint.cosigned":
		return true
	}
	if tile, ok := strings.CutPrefix(f.Path, folderLog+"/"); ok {
		parsed, err := tlog.ParsePath(tile)
		return err == nil && parsed.Path() == tile
	}
	return digest.MatchString(f.SHA256) && f.Path == blobPath(f.SHA256)
}

func blobPath(sum string) string { return path.Join(folderBlobs, "sha256", sum[:2], sum) }
