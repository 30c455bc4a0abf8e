package journal

import (
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/store"
)

// Leaf returns the log entry of an event that has its salt and body: the
// bytes that the tree hashes, in the format of journal/tlog.
func Leaf(r store.LogRecord) []byte {
	return tlog.Leaf{Kind: r.Kind, Time: r.Time, Ecosystem: r.Ecosystem, Commitment: tlog.Commit(r.Salt, r.Body)}.Bytes()
}

// erased tells whether the event's salt and body were destroyed; what stays
// is the leaf.
func erased(r *store.LogRecord) bool { return len(r.Salt) == 0 && len(r.Body) == 0 }
