package scorecard

import (
	"context"
	"net/http"
	"time"

	"assay.invalid/internal/assay"
)

// Protocol is what the scorecard knows of an ecosystem: how to ask, how to
// name throw-away packages and how to pack them. A further ecosystem is one
// of these and a line in the table of checks.
type Protocol interface {
	Ecosystem() assay.Ecosystem
	// Open is the subject at a base address, asked through v.
	Open(base string, v Visitor) Acts
	// ThrowAway makes a name nobody else has. seed is random lower-case
	// letters and digits, label a word of the trial. under is what the
	// person allowed: "" for anywhere, or a name with one * in it.
	ThrowAway(under, seed, label string) string
	// Archive packs a release soundly.
	Archive(r Release) ([]byte, error)
	// Spoiled packs it in a way that no server may take, by kind.
	Spoiled(r Release, how Spoil) ([]byte, error)
	// Version turns "1.0.0" into the ecosystem's spelling ("v1.0.0").
	Version(v string) string
	// WellKnown are names that a public repository of this ecosystem has,
	// tried when nothing else names a package.
	WellKnown() []string
}

// Spoil is a way in which an archive is wrong.
type Spoil string

// The ways.
const (
	NoArchive   Spoil = "no archive"          // bytes that are none
	CutShort    Spoil = "cut short"           // half of one
	Climbing    Spoil = "climbing path"       // an entry that leaves its folder with ..
	Absolute    Spoil = "absolute path"       // an entry from the root of the disk
	LinkOutside Spoil = "link to the outside" // a symbolic link that leaves its folder
	OtherName   Spoil = "another name inside" // a manifest that names another package
	TwiceInside Spoil = "same path twice"     // two entries of one path
)

// Spoils are all of them.
var Spoils = []Spoil{NoArchive, CutShort, Climbing, Absolute, LinkOutside, OtherName, TwiceInside}

// Request is one request of a check.
type Request struct {
	Method string
	// URL is absolute. Its host must be one that the run may visit.
	URL    string
	Header http.Header
	Body   []byte
	// As is whose credential goes along; how it is written is the
	// protocol's matter (Header), this is for the record.
	As Credential
	// Limit is how many bytes of the answer are read; 0 is the visitor's own
	// limit.
	Limit int64
	// MaxTLS is the newest version of TLS to offer (tls.VersionTLS11 ...);
	// 0 offers all that are safe.
	MaxTLS uint16
	// Within bounds this request; 0 is the visitor's own bound.
	Within time.Duration
}

// Response is an answer that came whole.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// TLS is the version of the connection ("TLS 1.3"), "" for plain text.
	TLS string
	// At is where the answer came from, after redirects that were followed.
	At string
}

// Visitor makes requests for checks: bounded in time and size, only to hosts
// that the run may visit, and each written down. An error is a *Fault.
type Visitor interface {
	Do(ctx context.Context, r Request) (Response, error)
}

// FaultKind is why there was no sound answer.
type FaultKind string

// The kinds of faults.
const (
	NoConnection FaultKind = "no connection"
	TooSlow      FaultKind = "too slow"
	TooBig       FaultKind = "too big"
	ClosedEarly  FaultKind = "closed early"
	RedirectAway FaultKind = "redirect to another host"
	NotAllowed   FaultKind = "host not allowed"
	BadTLS       FaultKind = "bad TLS"
)

// Fault says what went wrong between the subject and us.
type Fault struct {
	Kind FaultKind
	// Text is for a person: "no answer from registry.example within 5 s".
	Text string
	Err  error
}

func (f *Fault) Error() string { return f.Text }
func (f *Fault) Unwrap() error { return f.Err }
