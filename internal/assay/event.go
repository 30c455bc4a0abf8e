package assay

import (
	"encoding/json"
	"time"
)

// EventKind says what happened.
type EventKind string

// The kinds of events so far. The words are part of the journal's format and
// never change their meaning.
const (
	EventInstanceCreated  EventKind = "instance-created"
	EventUpstreamChanged  EventKind = "upstream-changed" // origins of a registry set or adopted
	EventStored           EventKind = "stored"           // a file was pulled through and kept
	EventDigestChanged    EventKind = "digest-changed"   // an upstream offered other bytes for a known file
	EventVanished         EventKind = "vanished"         // a version left a sound listing
	EventReturned         EventKind = "returned"         // and came back
	EventBlocked          EventKind = "blocked"
	EventUnblocked        EventKind = "unblocked"
	EventExcepted         EventKind = "excepted"
	EventExceptionRevoked EventKind = "exception-revoked"
	EventPolicyChanged    EventKind = "policy-changed"
	EventClaimed          EventKind = "claimed"
	EventUnclaimed        EventKind = "unclaimed"
	EventTokenCreated     EventKind = "token-created"
	EventTokenRevoked     EventKind = "token-revoked"
	EventTokenChanged     EventKind = "token-changed" // what it may publish was changed
	EventPublished        EventKind = "published"
	EventTagged           EventKind = "tagged"         // a tag was set, moved or dropped
	EventStatusChanged    EventKind = "status-changed" // yanked, quarantined, released, ...
	EventRemoved          EventKind = "removed"        // a tombstone stays
	EventHeld             EventKind = "held"           // a publication waits for an administrator
	EventHeldReleased     EventKind = "held-released"  // and was published
	EventHeldRefused      EventKind = "held-refused"   // and was not
	EventReported         EventKind = "reported"       // somebody says that a version is bad
	EventReportClosed     EventKind = "report-closed"
	EventAdvisory         EventKind = "advisory" // an advisory was written here; its body is the record
	EventErased           EventKind = "erased"   // the bytes of a removed version were destroyed
)

// Event is a fact of history: appended in the same transaction as the rows it
// speaks of, never changed. ID is given by the store, and orders events only
// within one database that has a single writer; readers of the journal follow
// the sequencer's index once there is one.
type Event struct {
	ID      int64
	Time    time.Time
	Kind    EventKind
	Subject Coordinate      // zero where the event is about no package
	By      string          // principal ID
	Body    json.RawMessage // canonical JSON, details by kind
}
