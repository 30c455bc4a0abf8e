package journal

import (
	"fmt"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
)

// What a Finding is about. The words are for machines; Message is for people.
const (
	FindingOrder      = "order"      // entries are missing, doubled or out of place
	FindingLeaf       = "leaf"       // an event is not what its entry commits to
	FindingHash       = "hash"       // a stored hash of the tree is wrong or missing
	FindingCheckpoint = "checkpoint" // its signature, size or root does not hold
	FindingHistory    = "history"    // the tree does not continue one that was seen
	FindingTile       = "tile"       // a file of the log is missing or has other bytes
	FindingFile       = "file"       // a stored file is missing, has other bytes, or no event
)

// Finding is one thing that does not hold.
type Finding struct {
	Kind string `json:"kind"`
	// Subject says which: "entry 12", a tile's path, a package URL.
	Subject string `json:"subject"`
	Message string `json:"message"`
}

func (f Finding) String() string { return f.Subject + ": " + f.Message }

// Report is what a verification found.
type Report struct {
	Origin string `json:"origin"`
	// Entries were recomputed from their events; of Erased ones only the leaf
	// is left. Waiting events (2048 stands for more) are not in the log yet.
	Entries int64 `json:"entries"`
	Erased  int64 `json:"erased"`
	Waiting int64 `json:"waiting"`
	// Covered is the size of the checkpoint, 0 if there is none.
	Covered int64  `json:"covered"`
	Root    string `json:"root"` // at that size, in base64, recomputed
	// SinceSeen is the size of the last checkpoint that was found sound here;
	// 0 if this was the first time.
	SinceSeen int64 `json:"since_seen"`
	Tiles     int64 `json:"tiles"`
	Files     int64 `json:"files"`
	Bytes     int64 `json:"bytes"` // of those files
	// Findings are all that does not hold, in the order they were found.
	// Left says how many more there are than MaxFindings.
	Findings []Finding `json:"findings"`
	Left     int64     `json:"left,omitempty"`
}

// MaxFindings bounds a report on a log that is broken everywhere.
const MaxFindings = 10_000

// Sound tells whether everything held.
func (r *Report) Sound() bool { return len(r.Findings) == 0 }

func (r *Report) add(kind, subject, format string, args ...any) {
	if len(r.Findings) == MaxFindings {
		r.Left++
		return
	}
	r.Findings = append(r.Findings, Finding{kind, subject, fmt.Sprintf(format, args...)})
}

func (r *Report) entry(kind string, index int64, format string, args ...any) {
	r.add(kind, fmt.Sprintf("entry %d", index), format, args...)
}

// tileFault words what is wrong with a tile.
func (r *Report) tile(t tlog.Tile, err error, same bool) {
	switch {
	case assay.Is(err, assay.NotFound):
		r.add(FindingTile, t.Path(), "the file is missing")
	case err != nil:
		r.add(FindingTile, t.Path(), "the file cannot be read: %v", err)
	case !same:
		r.add(FindingTile, t.Path(), "the file has other bytes than the events give")
	}
}
