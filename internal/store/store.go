// Package store is the contract for metadata: what Assay remembers, apart
// from the bytes of files. store/sqlite keeps it in the data directory;
// store/storetest is the suite that every implementation passes.
//
// Promises of every implementation:
//
//   - Update runs its function in one transaction that can be serialised:
//     rows and events are committed together or not at all, and are durable
//     when Update returns nil. The function may be run more than once, so it
//     must have no effect but on the Tx.
//   - View sees one consistent state and cannot write.
//   - What does not exist is an error of kind assay.NotFound, never nil, nil.
//   - A full disk is assay.Exhausted; a canceled context assay.Canceled.
//   - Times are kept in UTC with microseconds; the zero time stays zero.
//
// A Tx is used by one goroutine, and only inside the function it was given to.
package store

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
)

// Store is a metadata store.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
	Close() error
}

// Tx is one transaction. Each part is small and can be asked for on its own.
type Tx interface {
	Settings
	Upstreams
	Documents
	Packages
	Promises
	Files
	Scans
	Holds
	Reports
	OwnAdvisories
	Rules
	Events
	Usage
	Claims
	Tokens
	Releases
	Standings
	Log
	LogSearch
	PackageSearch
	UsageSearch
}

// Settings are small values by name: instance id, keys, the epoch, the head
// of a checksum database.
type Settings interface {
	Setting(ctx context.Context, key string) ([]byte, error)
	PutSetting(ctx context.Context, key string, value []byte) error
}

// Origin is one upstream origin of a registry, with its mirrors.
type Origin struct {
	Registry string
	Address  string   // base URL without credentials, ending in a slash
	Mirrors  []string // further addresses that serve the same
	Source   string   // who said so: "npm config get registry", "assay upstream set"
	Set      time.Time
}

// Upstreams are the origins of each registry, in order.
type Upstreams interface {
	// Origins returns all, by registry, then in order.
	Origins(ctx context.Context) ([]Origin, error)
	// PutOrigins replaces those of a registry.
	PutOrigins(ctx context.Context, registry string, origins []Origin) error
}

// Document is what an upstream answered for a document of a package. Blob
// holds the bytes. Missing is a negative answer.
type Document struct {
	Registry, Name, Source string // Source is ecosystem.Source.Key
	Origin                 string
	Missing                bool
	ETag, LastModified     string
	ContentType            string // of a passed answer; documents know their own
	Blob                   assay.Digest
	Size                   int64
	Fetched                time.Time // when the bytes were taken
	Checked                time.Time // when the upstream last confirmed them
}

// Documents are kept by (registry, name, source).
type Documents interface {
	Document(ctx context.Context, registry, name, source string) (Document, error)
	PutDocument(ctx context.Context, d Document) error
}

// Package is what is known of a name in a registry.
type Package struct {
	Registry, Name string
	Origin         string    // the origin that owns the name
	Owned          time.Time // since when
	Listed         time.Time // our last sound listing
}

// Version is what is kept of a version beyond the upstream's documents.
type Version struct {
	Version         string
	Published       time.Time
	PublishedSource string
	FirstListed     time.Time
	LastAbsent      time.Time
	Vanished        time.Time
	Digest          assay.Digest // first promised or seen, for ever
	ChangedTo       assay.Digest
	ChangedAt       time.Time
}

// Packages are kept by (registry, name), versions below them.
type Packages interface {
	Package(ctx context.Context, registry, name string) (Package, error)
	PutPackage(ctx context.Context, p Package) error
	// PackageNames calls fn with every package of a registry, by name.
	PackageNames(ctx context.Context, registry string, fn func(Package) error) error
	// Versions returns all kept versions of a package, in no order.
	Versions(ctx context.Context, registry, name string) ([]Version, error)
	// Version returns one.
	Version(ctx context.Context, registry, name, version string) (Version, error)
	// PutVersions inserts or replaces.
	PutVersions(ctx context.Context, registry, name string, versions []Version) error
}

// Promise is a digest that was promised for one of several files of a
// version, by an upstream's listing or by its publisher. It is for ever.
type Promise struct {
	Version, File string
	Digest        assay.Digest
}

// Promises are kept by (registry, name), in no order. A file may have several,
// of different algorithms.
type Promises interface {
	// Promises returns those of a package.
	Promises(ctx context.Context, registry, name string) ([]Promise, error)
	// PromisesFor returns the digests promised for one file.
	PromisesFor(ctx context.Context, key FileKey) ([]assay.Digest, error)
	// PutPromises adds; one that is there already stays.
	PutPromises(ctx context.Context, registry, name string, promises []Promise) error
}

// File is a file that was pulled through.
type File struct {
	Registry, Name, Version, File string
	Origin                        string
	Blob                          assay.Digest // SHA-256, for ever
	Size                          int64
	Digests                       []assay.Digest // all that were checked or computed
	// Verified says against what the bytes were checked: "integrity of the
	// listing", "checksum database", "" for first seen.
	Verified  string
	FirstSeen time.Time
	LastUsed  time.Time
	Stored    bool // the bytes are in the blob store; false once evicted
}

// FileKey names a file.
type FileKey struct{ Registry, Name, Version, File string }

// Files are kept by (registry, name, version, file). Their digests stay when
// their bytes are evicted.
type Files interface {
	File(ctx context.Context, key FileKey) (File, error)
	PutFile(ctx context.Context, f File) error
	// TouchFiles moves LastUsed forward.
	TouchFiles(ctx context.Context, used map[FileKey]time.Time) error
	// LeastUsed returns stored files that were pulled through, the least
	// recently used first. Hosted files are never among them.
	LeastUsed(ctx context.Context, limit int) ([]File, error)
	// StoredFiles counts the stored files that were pulled through and sums
	// their sizes in bytes, a blob that several share once.
	StoredFiles(ctx context.Context) (files, bytes int64, err error)
	// Used tells whether any file of a package was ever pulled through.
	Used(ctx context.Context, registry, name string) (bool, error)
	// BlobInUse tells whether a stored file or a document refers to a blob.
	BlobInUse(ctx context.Context, blob assay.Digest) (bool, error)
}

// Scan is what was found in one file of a version.
type Scan struct {
	Version, File string
	Scanned       time.Time
	KnownBad      string // the list on which its digest stands, and why; "" if on none
	Signals       []assay.Signal
}

// Scans are kept by (registry, name, version, file).
type Scans interface {
	// Scans returns those of a package, by version, then by file.
	Scans(ctx context.Context, registry, name string) ([]Scan, error)
	Scan(ctx context.Context, key FileKey) (Scan, error)
	// PutScan replaces.
	PutScan(ctx context.Context, registry, name string, s Scan) error
}

// Block refuses every version in a pattern.
type Block struct {
	ID      string
	Pattern string
	Reason  string
	Created time.Time
	Until   time.Time // zero: until unblocked
	By      string
}

// Exception lifts one rule's deny of one version.
type Exception struct {
	ID         string
	Coordinate string // package URL, normalised
	Rule       string
	Reason     string
	Created    time.Time
	Until      time.Time // zero: until revoked
	By         string
}

// Policy is one version of the policy file.
type Policy struct {
	ID      int64 // given by the store, rising
	Text    string
	Created time.Time
	By      string
}

// Rules are what the rulebook keeps; it is their only writer.
type Rules interface {
	Blocks(ctx context.Context) ([]Block, error)
	PutBlock(ctx context.Context, b Block) error
	DeleteBlock(ctx context.Context, id string) error
	Exceptions(ctx context.Context) ([]Exception, error)
	PutException(ctx context.Context, e Exception) error
	DeleteException(ctx context.Context, id string) error
	// Policy returns the newest, or NotFound.
	Policy(ctx context.Context) (Policy, error)
	PutPolicy(ctx context.Context, p Policy) error
}

// Events are appended with the rows they speak of.
type Events interface {
	AppendEvent(ctx context.Context, e assay.Event) error
	// Events returns those with a higher ID than after, oldest first.
	Events(ctx context.Context, after int64, limit int) ([]assay.Event, error)
}

// Fetch counts the downloads of a version by a principal on a day.
type Fetch struct {
	Day        string // 2006-01-02, UTC
	Coordinate string // package URL of the version
	Principal  string // "" anonymous
	Count      int64
}

// Verdict counts the denied and warned decisions on a coordinate by one rule
// for one principal on one day.
type Verdict struct {
	Day        string
	Registry   string
	Coordinate string
	Rule       string
	Effect     string // "deny", "warn"; "would deny", "would warn" for observed rules
	Reason     string
	Principal  string
	Why        string // the id of /why/<id>
	Count      int64
	Last       time.Time
}

// Why is the id of an explanation that was given out.
type Why struct {
	Day        string
	ID         string
	Coordinate string
}

// Usage is counted in batches, outside the journal, with retention.
type Usage interface {
	AddFetches(ctx context.Context, f []Fetch) error
	// AddVerdicts keeps the why ids of the verdicts too.
	AddVerdicts(ctx context.Context, v []Verdict) error
	// AddWhys keeps ids that were given out without a request; "" is none.
	AddWhys(ctx context.Context, w []Why) error
	// Why returns the coordinate (package URL) that a why id was given for.
	Why(ctx context.Context, id string) (string, error)
	// Verdicts returns the latest, newest first.
	Verdicts(ctx context.Context, limit int) ([]Verdict, error)
	// PruneUsage drops the days before the given one.
	PruneUsage(ctx context.Context, beforeDay string) error
}

// Claim is a name or pattern that belongs to hosted packages alone.
type Claim struct {
	ID      string
	Pattern string
	Shadow  bool // it was claimed although an upstream is known to have it
	Created time.Time
	By      string
}

// Claims are kept by id; the rulebook is their only writer.
type Claims interface {
	Claims(ctx context.Context) ([]Claim, error)
	PutClaim(ctx context.Context, c Claim) error
	DeleteClaim(ctx context.Context, id string) error
}

// Token is a credential. Its secret is not kept, only the SHA-256 of it.
type Token struct {
	ID       string
	Hash     []byte // 32 bytes, unique
	Note     string
	Publish  []string // patterns
	Read     []string // patterns
	Admin    bool
	Created  time.Time
	Expires  time.Time // zero: never
	Revoked  time.Time // zero: not
	LastUsed time.Time // to the hour or so
	By       string
}

// Tokens are kept by id and found by hash; auth is their only writer.
type Tokens interface {
	Tokens(ctx context.Context) ([]Token, error)
	TokenByHash(ctx context.Context, hash []byte) (Token, error)
	PutToken(ctx context.Context, t Token) error
}

// Release is a version that was published here. It is never deleted: a
// removed one stays as its own tombstone.
type Release struct {
	Registry, Name, Version string
	Published               time.Time
	By                      string
	Manifest                []byte // JSON as admitted; empty once erased
	File                    string // name of the main file
	Description             string // for the search
	Removed                 time.Time
	Erased                  time.Time
}

// Releases are kept by (registry, name, version). Their files are kept as
// File rows with an empty Origin, which are never evicted.
type Releases interface {
	// Releases returns a package's, oldest first.
	Releases(ctx context.Context, registry, name string) ([]Release, error)
	Release(ctx context.Context, registry, name, version string) (Release, error)
	PutRelease(ctx context.Context, r Release) error
	// SearchReleases returns at most limit packages of the registry whose
	// name or description contains the text, case-blind, with their newest
	// release that is not removed, in order of name.
	SearchReleases(ctx context.Context, registry, text string, limit int) ([]Release, error)
	// FilesOf returns the files of one version.
	FilesOf(ctx context.Context, registry, name, version string) ([]File, error)
}

// HeldState is what became of a publication that was held.
type HeldState string

// The states. The first two are for an administrator to answer.
const (
	HeldWaiting  HeldState = "waiting"
	HeldAppealed HeldState = "appealed"
	HeldReleased HeldState = "released"
	HeldRefused  HeldState = "refused"
)

// Open tells whether nobody has answered yet.
func (s HeldState) Open() bool { return s == HeldWaiting || s == HeldAppealed }

// Held is a publication that waits for an administrator, because its name
// looks like another's. Its bytes are kept until it is refused.
type Held struct {
	ID                      string
	Registry, Name, Version string
	By                      string
	At                      time.Time
	Finding                 assay.NameFinding
	Manifest                []byte
	Tags                    []string
	Adds                    bool
	Files                   []HeldFile
	State                   HeldState
	Appeal                  string // what its publisher says to it; "" if nothing
	Answer, AnsweredBy      string
	Answered                time.Time
}

// HeldFile is one file of a held publication.
type HeldFile struct {
	Name        string         `json:"name"`
	ContentType string         `json:"content_type,omitempty"`
	Blob        assay.Digest   `json:"blob"`
	Size        int64          `json:"size"`
	Digests     []assay.Digest `json:"digests"`
}

// Holds are kept by id.
type Holds interface {
	// Held returns one.
	Held(ctx context.Context, id string) (Held, error)
	// AllHeld returns the newest first; with open, those alone that nobody
	// has answered.
	AllHeld(ctx context.Context, open bool, limit int) ([]Held, error)
	// HeldOf returns those of a version that nobody has answered.
	HeldOf(ctx context.Context, registry, name, version string) ([]Held, error)
	// PutHeld inserts or replaces. Blobs of what is open are in use.
	PutHeld(ctx context.Context, h Held) error
}

// Report is what somebody says against a version.
type Report struct {
	ID         string
	Coordinate string // package URL
	Reason     string
	By         string
	At         time.Time
	// Closed is when an administrator answered it; zero while it is open.
	Closed             time.Time
	Answer, AnsweredBy string
}

// Reports are kept by id.
type Reports interface {
	Report(ctx context.Context, id string) (Report, error)
	// Reports returns the newest first; with open, the open ones alone.
	Reports(ctx context.Context, open bool, limit int) ([]Report, error)
	// ReportsBy counts those that one principal made since a time.
	ReportsBy(ctx context.Context, by string, since time.Time) (int64, error)
	PutReport(ctx context.Context, r Report) error
}

// OwnAdvisory is an advisory that was written here.
type OwnAdvisory struct {
	ID         string
	Coordinate string // package URL of the version
	Record     []byte // OSV, as JSON
	Modified   time.Time
}

// OwnAdvisories are kept by id.
type OwnAdvisories interface {
	// OwnAdvisories returns all, by id.
	OwnAdvisories(ctx context.Context) ([]OwnAdvisory, error)
	PutOwnAdvisory(ctx context.Context, a OwnAdvisory) error
}

// Standing is what was said of a version, hosted or not.
type Standing struct {
	Registry, Name, Version string
	Status                  assay.Status
	Reason                  string
	Set                     time.Time
	By                      string
}

// Standings are kept by (registry, name, version), tags by (registry, name).
type Standings interface {
	Standings(ctx context.Context, registry, name string) ([]Standing, error)
	// PutStanding replaces; Active drops the row.
	PutStanding(ctx context.Context, s Standing) error
	Tags(ctx context.Context, registry, name string) (map[string]string, error)
	// PutTag points a tag at a version, or drops it for "".
	PutTag(ctx context.Context, registry, name, tag, version string) error
}

// LogRecord is an event as the log sees it: what may be shown to anyone, and
// what the leaf commits to.
type LogRecord struct {
	EventID   int64
	Time      time.Time
	Kind      assay.EventKind
	Ecosystem assay.Ecosystem
	Salt      []byte // 32 bytes; empty once erased
	Body      []byte // canonical JSON; empty once erased
	Index     int64  // place in the log, -1 if not sequenced yet
	Leaf      []byte // the log entry's bytes, once sequenced
}

// LogHash is one stored hash of the Merkle tree, by the numbering of
// golang.org/x/mod/sumdb/tlog.
type LogHash struct {
	Index int64
	Hash  [32]byte
}

// Log is the Merkle tree over the events. The sequencer is its only writer.
type Log interface {
	// Unsequenced returns events that are not in the log yet, by id.
	Unsequenced(ctx context.Context, limit int) ([]LogRecord, error)
	// AppendLog gives entries their place (Index and Leaf are set, rising
	// without gaps from the log's size) and stores the tree's new hashes. It
	// answers Conflict, and writes nothing, if the entries are not exactly
	// the next ones that wait or the hashes not those that the tree gains.
	AppendLog(ctx context.Context, entries []LogRecord, hashes []LogHash) error
	// LogSize is the number of entries.
	LogSize(ctx context.Context) (int64, error)
	// LogHashes returns the hashes of those indexes, in their order; one that
	// is not there is NotFound.
	LogHashes(ctx context.Context, indexes []int64) ([][32]byte, error)
	// LogEntries returns entries from an index on, at most limit.
	LogEntries(ctx context.Context, from int64, limit int) ([]LogRecord, error)
}

// LogSearch finds the log's entries about a subject.
type LogSearch interface {
	// LogAbout returns the entries whose subject is the package URL, or one
	// of its versions or files, oldest first. A bad package URL is Invalid.
	LogAbout(ctx context.Context, purl string, limit int) ([]LogRecord, error)
	// EventIndex returns the log index of an event, or NotFound if it has not
	// been sequenced.
	EventIndex(ctx context.Context, eventID int64) (int64, error)
	// LogNewest returns the events whose subject is the package URL, or one of
	// its versions or files, newest first; those that have no place in the log
	// yet have the index -1. A bad package URL is Invalid.
	LogNewest(ctx context.Context, purl string, limit int) ([]LogRecord, error)
	// LastEventID is the id of the newest event that this transaction sees,
	// its own included; 0 if there is none.
	LastEventID(ctx context.Context) (int64, error)
}

// Match says how well a package answers a search.
type Match uint8

// The matches, the best first.
const (
	MatchExact       Match = iota + 1 // its name is the text
	MatchBeginning                    // its name begins with the text
	MatchName                         // its name contains all words of the text
	MatchDescription                  // its name and description together do
)

// PackageQuery asks for packages, pulled through and hosted.
type PackageQuery struct {
	// Text is words, which are looked for in names and in the descriptions of
	// hosted packages, case-blind; "" is every package.
	Text     string
	Registry string // "" for all
	After    PackageCursor
	Limit    int
}

// PackageCursor is a place in the answers to a query; zero is their beginning.
type PackageCursor struct {
	Match          Match
	Registry, Name string
}

// FoundPackage is a package that a search found.
type FoundPackage struct {
	Registry, Name string
	Match          Match
	Hosted         bool   // it has a release that is not removed
	Description    string // of the newest such release; "" without one
}

// Cursor is the package's place in the answers.
func (f *FoundPackage) Cursor() PackageCursor { return PackageCursor{f.Match, f.Registry, f.Name} }

// MaxSearchWords bounds the words of one search.
const MaxSearchWords = 4

// PackageSearch finds packages by words.
type PackageSearch interface {
	// SearchPackages returns the packages after the cursor, the best matches
	// first, and equally good ones by name. More than MaxSearchWords is
	// Invalid.
	SearchPackages(ctx context.Context, q PackageQuery) ([]FoundPackage, error)
}

// VerdictQuery asks for verdicts; empty fields do not filter.
type VerdictQuery struct {
	Rule, Registry, Effect string
	After                  VerdictCursor
	Limit                  int
}

// VerdictCursor is a place among the verdicts; zero is before the newest. A
// verdict that is counted again moves to the front.
type VerdictCursor struct {
	Last time.Time
	ID   int64
}

// FoundVerdict is a verdict and its place.
type FoundVerdict struct {
	Verdict
	Cursor VerdictCursor
}

// UsageSearch reads what was counted, in parts.
type UsageSearch interface {
	// FindVerdicts returns verdicts after the cursor, newest first.
	FindVerdicts(ctx context.Context, q VerdictQuery) ([]FoundVerdict, error)
	// FetchesOn returns the fetches of a day, by coordinate and principal,
	// those after the given one.
	FetchesOn(ctx context.Context, day string, after Fetch, limit int) ([]Fetch, error)
	// VerdictsOn returns the verdicts of a day, by registry, coordinate, rule,
	// effect and principal, those after the given one.
	VerdictsOn(ctx context.Context, day string, after Verdict, limit int) ([]Verdict, error)
	// Downloads returns how often each version of a package was fetched since
	// a day, by the version's package URL. It takes that of the package.
	Downloads(ctx context.Context, purl, sinceDay string) (map[string]int64, error)
}
