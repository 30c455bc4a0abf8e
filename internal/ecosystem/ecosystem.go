// Package ecosystem holds the contracts between the house and the folders of
// the package managers' worlds.
//
// An ecosystem is a folder in two halves. The pure half, <eco>/wire, knows
// names, versions, paths and documents. The adapter, <eco>, gives the house
// an Adapter: a Format (what to ask an upstream for, how to read and render
// it) and an HTTP handler that speaks the protocol. The handler reaches bytes
// only through a Repository, which decides before it answers; no adapter can
// skip the policy.
//
// ecosystem/list is the one table of all ecosystems, and
// ecosystem/ecosystemtest the suite that each of them passes.
package ecosystem

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"assay.invalid/internal/assay"
)

// Adapter is everything an ecosystem's folder gives to the house.
type Adapter interface {
	// Ecosystem is the package-URL type.
	Ecosystem() assay.Ecosystem
	// Place is the default registry name: the first path segment ("npm", "go").
	Place() string
	// Grammar spells and orders.
	Grammar() assay.Grammar
	// Format reads and renders the upstream's documents.
	Format() Format
	// Handler speaks the protocol. It is mounted with the place's segment
	// stripped: it sees /lodash, not /npm/lodash. Request.URL.RawPath is kept.
	Handler(repo Repository) http.Handler
	// Setup returns copy-and-paste lines for the package managers; base is
	// the address of the place, ending in a slash.
	Setup(base string) []SetupLine
}

// SetupLine points one package manager at Assay.
type SetupLine struct {
	Client string // "npm", "pnpm", "go"
	Line   string // a shell line, complete
}

// Source describes one document or file of an upstream: a path relative to
// the origin's address, or an absolute URL that stood in a document (which
// the address guard then judges).
type Source struct {
	Key      string // short, unique for the package: "packument", "list", "info/v1.2.3"
	Path     string // relative to the origin: "lodash", "github.com/!burnt!sushi/toml/@v/list"
	URL      string // absolute, or a reference to the origin's address; used instead of Path when set
	Accept   string // Accept header
	Optional bool   // its absence or failure does not fail the listing
	Limit    int64  // bytes accepted at most; 0 means the configured limit
	// Shared is set for a document of the origin and not of one package:
	// Cargo's config.json, NuGet's service index, Composer's packages.json.
	// It is asked for once for all packages, and seldom.
	Shared bool
	// Head asks for the header alone: the Document has a Modified and no
	// content.
	Head bool
	// From, if set, finds the address in the documents of the sources before
	// it that have no From, in their order: where an upstream has its listings
	// may stand in a Shared document. It answers Unsound where that makes no
	// sense.
	From func(before []Document) (Source, error)
}

// Document is an upstream's answer to a Source, spooled to disk.
type Document struct {
	Source  Source
	Missing bool // the upstream says it does not exist
	Content io.ReaderAt
	Size    int64
	// Modified is the upstream's Last-Modified, zero if it gave none.
	Modified time.Time
}

// Format is the pure half of an ecosystem as the registry uses it. Methods
// are safe for concurrent use and answer errors of kind Unsound for
// documents that are not what they must be.
type Format interface {
	// Sources names the documents that a package's listing is made from, the
	// decisive one first: its absence means that the package does not exist.
	Sources(name string) []Source
	// Read makes a listing from them, in the order of Sources. It must not
	// keep the documents: they are given again to Render.
	Read(name string, docs []Document) (Listing, error)
	// VersionSource describes the document that dates one version, for
	// formats whose listing does not; ok is false where the listing says all.
	// With ok, a version may exist that the listing does not have.
	VersionSource(name, version string) (src Source, ok bool)
	// ReadVersion reads that document. Only called where VersionSource is ok.
	ReadVersion(name, version string, doc Document) (Version, error)
	// Locate finds the file that a request means. listing is nil for formats
	// with a VersionSource. It answers NotFound for what cannot exist.
	Locate(name, file string, listing Listing) (File, error)
	// Check verifies that the whole content is a file of that sort and
	// returns structural digests (h1) that a plain hash cannot give, if any.
	// It is called once, before a file is kept. It must bound its own work.
	Check(file File, content io.ReaderAt, size int64) ([]assay.Digest, error)
}

// Attester is implemented by a Format whose digests do not stand in the
// listing: Go's are in the checksum database, Maven's in files beside.
type Attester interface {
	// Attest returns the digests of a file and who vouches for them ("the
	// checksum database"). An error of kind NotFound means that the authority
	// does not know the version; it has nothing to say (nil, "", nil) where
	// the ecosystem is set up without one.
	Attest(ctx context.Context, file File, world World) ([]assay.Digest, string, error)
}

// World is the little an Attester may do outside: fetch from the registry's
// upstream, and keep small state that survives a restart.
type World interface {
	Fetch(ctx context.Context, src Source) ([]byte, error)
	// Recall returns nil, nil for what was never remembered.
	Recall(ctx context.Context, key string) ([]byte, error)
	// Remember replaces old by new, or answers Conflict if it was not old.
	Remember(ctx context.Context, key string, old, new []byte) error
}

// Listing is what a Format has read: an index of the versions, small enough
// to stay in memory, which knows how to render itself.
type Listing interface {
	// Versions returns the versions in the document's order; not to be
	// changed. The index of a version is its place here.
	Versions() []Version
	// Find returns the index of a version, or -1.
	Find(version string) int
	// Render writes one representation to w and returns its content type and
	// charset. Representations are the format's own words. A representation
	// that cannot be given answers NotFound or Denied and writes nothing.
	Render(w io.Writer, r Rendering) (contentType string, err error)
	// Bytes is roughly what the listing holds in memory.
	Bytes() int64
}

// Naming is implemented by a Format whose files say by their names which
// version they are of. One that its upstream took out of a version that is
// still listed is then found here, for the lock files that name it.
type Naming interface {
	VersionOf(name, file string) (version string, ok bool)
}

// Withdrawn is implemented by a Listing whose upstream can put a package as a
// whole out of everybody's reach (PyPI's quarantine, PEP 792), so that none of
// its versions is listed any more. What was listed before is then as if a
// security placeholder stood in its place.
type Withdrawn interface {
	Withdrawn() bool
}

// Version is what a document says of one version.
type Version struct {
	Version         string
	Published       time.Time // zero: the document has no date
	PublishedSource string    // "packument time", "commit time (author-set)"
	InstallScripts  assay.Tristate
	Scripts         []string
	Yanked          string
	Deprecated      string
	Placeholder     bool // a security placeholder stands in the package's place
	// Digest is the strongest the document promises for the main file; empty
	// in formats whose versions have several files that stand side by side.
	Digest assay.Digest
	// Files are, in those formats, the files that the document names with the
	// strongest digest that it promises for each. They too are for ever.
	Files []Promise
	// NoLater bounds Published where the document has no date of its own for
	// the version: it existed by then. It counts as the date until a better
	// one is known.
	NoLater       time.Time
	NoLaterSource string
}

// Promise is a digest that a document promises for a file.
type Promise struct {
	File   string
	Digest assay.Digest
}

// File is one file of a version and where an upstream has it.
type File struct {
	Name    string // the file's name, unique within package and version: "lodash-4.17.21.tgz", "v1.2.3.zip"
	Version string
	Source  Source
	// Digests are those the listing promises; all must hold.
	Digests []assay.Digest
	// Always is set for a file that is handed out whatever the decision on
	// its version: Go's .mod, which graph loading needs of versions that
	// nobody builds.
	Always bool
	// Info is set for a file that is the VersionSource document itself.
	Info bool
	// Beside is set for one of several files that make up a version side by
	// side: what is first seen of it is pinned for it alone.
	Beside bool
	// Published is set for a file with a date of its own. One that came later
	// than its version is judged by it: a file added to an old version is new.
	Published time.Time
	// Sum asks for the digest of this file instead of the file: its
	// hexadecimal text by that algorithm (sha1, sha256, sha512, md5), as
	// Maven's side files have it. Nobody outside is asked for it.
	Sum         string
	ContentType string
}

// Rendering is what Render works from.
type Rendering struct {
	Representation string
	Name           string
	Base           string // address of the place, ending in a slash
	Documents      []Document
	// Decision returns the decision on the version with that index. It is
	// never nil.
	Decision func(i int) *assay.Decision
	// DecisionOn returns the decision on a file of that version that was
	// published at the given time, which may be later than the version was.
	DecisionOn func(i int, published time.Time) *assay.Decision
	// Why returns the absolute address of the page that explains the
	// decision on a version, or on the package for "".
	Why func(version string) string
}

// Repository is the registry as an adapter sees it: one named place. Every
// answer has been decided on. Errors are of the assay kinds; Denied carries
// the decision and Refusal explains it.
type Repository interface {
	// Listing returns a rendered representation of a package.
	Listing(ctx context.Context, name, representation string) (*Answer, error)
	// Versions returns the decided versions of a package.
	Versions(ctx context.Context, name string) ([]Decided, error)
	// File returns a file by the name that the protocol's URL gave it.
	File(ctx context.Context, name, file string) (*Content, error)
	// Pass asks the upstream for something that is no package: keys, search,
	// advisories, checksum-database tiles. Cacheable answers are kept for
	// the time given; zero keeps nothing.
	Pass(ctx context.Context, p Passage) (*Content, error)
	// Ecosystem and Base name the place for messages.
	Base() string
	// Why returns the absolute address that explains the decision on a
	// coordinate of this place.
	Why(c assay.Coordinate) string
	// Nearest returns the newest allowed version at or below the given one,
	// else the nearest above, else "".
	Nearest(ctx context.Context, name, version string) string
}

// Decided is one version with its facts and the decision on it.
type Decided struct {
	Facts    *assay.Facts
	Decision *assay.Decision
	Listed   bool // in the upstream's listing now
}

// Passage is a request passed through to the upstream's own protocol.
type Passage struct {
	Method string // GET or POST
	Source Source
	Query  url.Values
	Header http.Header // Content-Type and Content-Encoding of Body, if any
	Body   []byte      // bounded by the adapter before
	// Names are the package names that the request carries. No outgoing
	// request carries a claimed name.
	Names []string
	// Keep is how long the answer may be kept and served again.
	Keep time.Duration
}

// Answer is a rendered listing. Body is compressed with gzip when Gzip is
// set. Release must be called when it has been written.
type Answer struct {
	ContentType string
	ETag        string // strong, quoted, of this representation
	Modified    time.Time
	Gzip        bool
	// Plain is a small compressed Body as it is without compression, if it is
	// at hand: some clients never ask for gzip.
	Plain   Bytes
	Body    io.ReaderAt
	Size    int64
	Stale   time.Duration // how old, when the upstream could not be asked; else 0
	Header  http.Header   // more headers, e.g. Cache-Control; may be nil
	Flight  Flight
	Release func()
}

// Content is a file or passed answer on its way out.
type Content struct {
	Status      int // 200, or the upstream's own for passed answers
	ContentType string
	ETag        string
	Modified    time.Time
	Size        int64 // -1: not known yet
	// Seeker serves stored content, ranges too. Exactly one of Seeker and
	// Stream is set. Stream is a first download under way: it fails rather
	// than end early when the content turns out wrong.
	Seeker  io.ReadSeeker
	Stream  io.Reader
	Warning string // what a warn decision has to say; "" if nothing
	Stale   time.Duration
	Header  http.Header
	Flight  Flight
	Release func()
}

// Flight is an answer under way. A change of policy that denies it cuts it.
type Flight interface {
	// OnCut gives the function that ends the connection. If the answer has
	// been cut already, it is called at once.
	OnCut(cut func())
}

// Neighbourly is implemented by a Format whose upstreams may keep files at
// another host than their listings, which one document of theirs tells. That
// document is asked for once, when it is first needed; the hosts that it names
// are kept for ever and may then be private, as the origin may. Any other host
// that a document names must be public.
type Neighbourly interface {
	// Tells is the document: one that most upstreams of the ecosystem have.
	Tells() Source
	// Neighbours reads the addresses out of it.
	Neighbours(doc Document) ([]string, error)
}

// Unlister is implemented by a Format whose listings leave some existing
// versions out: Go's pseudo-versions. Their absence from a listing says
// nothing about them.
type Unlister interface {
	Unlisted(name, version string) bool
}

// Configured is implemented by a Format whose setup names further addresses
// that the operator chose, beside the place's origins: a checksum database of
// one's own. Like an origin they may be private; any other absolute URL must
// lead to a public address.
type Configured interface {
	Configured() []string
}
