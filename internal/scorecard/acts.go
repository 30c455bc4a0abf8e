package scorecard

import (
	"context"
	"fmt"
	"time"

	"assay.invalid/internal/assay"
)

// Verdict is how a subject answered an act.
type Verdict string

// The verdicts.
const (
	Accepted  Verdict = "accepted"
	Refused   Verdict = "refused"   // a clear no: 400, 401, 403, 409, 422, 451 ...
	Absent    Verdict = "absent"    // no such thing: 404, 410
	Throttled Verdict = "throttled" // 429, or a no that says to wait
	NoCall    Verdict = "no call"   // neither protocol nor driver can ask it
	Unclear   Verdict = "unclear"   // a server's fault, a broken answer, no answer
)

// Answer is what a subject said to an act.
type Answer struct {
	Verdict Verdict `json:"verdict"`
	Status  int     `json:"status,omitempty"`
	// Reason is the subject's own words, printable and at most 300 bytes.
	Reason string `json:"reason,omitempty"`
	// SecondFactor is set when the subject asked for one.
	SecondFactor bool `json:"second_factor,omitempty"`
	// RetryAfter is how long it asked to wait.
	RetryAfter time.Duration `json:"retry_after,omitempty"`
}

func (a Answer) String() string {
	s := string(a.Verdict)
	if a.Status != 0 {
		s += fmt.Sprintf(", status %d", a.Status)
	}
	if a.Reason != "" {
		s += fmt.Sprintf(" (%s)", a.Reason)
	}
	return s
}

// No reports a clear no: refused, absent or throttled.
func (a Answer) No() bool {
	return a.Verdict == Refused || a.Verdict == Absent || a.Verdict == Throttled
}

// Credential is a token, or nothing. It prints as a word and never as
// itself.
type Credential struct {
	// Who says in a word whose it is: "publisher", "stranger".
	Who    string
	Secret string
	// Code is a one-time code that goes along, "" for none.
	Code string
}

func (c Credential) String() string {
	if c.Secret == "" {
		return "anonymous"
	}
	return "the token of " + c.Who
}

// GoString keeps %#v from printing the secret.
func (c Credential) GoString() string { return c.String() }

// MarshalText keeps encoders from writing the secret.
func (c Credential) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Listing is what a subject lists of a package.
type Listing struct {
	Name     string
	Versions map[string]Version
	// Latest is the version that a client would choose with no wish of its
	// own, "" if the protocol has no such thing or it dangles.
	Latest string
	// Gone are versions of which only a trace is left, with what it says.
	Gone map[string]string
	// Header are the answer's headers that are on the allow-list.
	Header map[string]string
	// Raw is the document, for checks that look closer. At most 16 MB.
	Raw []byte
}

// Version is what a listing says of one version.
type Version struct {
	Published time.Time
	// Digests by algorithm ("sha512", "sha256", "sha1", "h1"), as lower-case
	// hex, or as the protocol writes it for h1.
	Digests map[string]string
	// Status is what the listing says of it.
	Status assay.Status
	// Notice is what a person is told who installs it ("" if nothing).
	Notice string
	// Signatures is how many registry signatures stand beside it.
	Signatures int
	// Provenance is the address of its attestations, "" if there are none.
	Provenance string
	// File is the address of its main file.
	File string
	// Repository, Homepage and Mail are as the publisher typed them.
	Repository, Homepage, Mail string
	// Verified are those of "repository", "homepage", "mail" which the
	// listing marks as verified, Unverified those it marks as not verified.
	Verified, Unverified []string
	Dependencies         map[string]string
	InstallScript        bool
}

// File is a downloaded main file of a version.
type File struct {
	Body []byte
	// Digests of the bytes that came, by the same algorithms as Version's.
	Digests map[string]string
}

// Release is a version to publish.
type Release struct {
	Name, Version string
	// Files are paths and contents inside the package. Every release also
	// has what its protocol asks for (a manifest, a go.mod).
	Files map[string]string
	// Dependencies, Scripts, Repository, Homepage and Mail go into the
	// manifest.
	Dependencies               map[string]string
	Scripts                    map[string]string
	Repository, Homepage, Mail string
	// Archive, if set, is sent instead of a sound archive.
	Archive []byte
	// Provenance, if set, is sent along as the attestation bundle.
	Provenance []byte
}

// Person is somebody who signs up.
type Person struct {
	Name, Password, Mail string
}

// Wish is what a token should be.
type Wish struct {
	// Names are the packages that it may publish; none means all that its
	// owner may.
	Names []string
	// Lifetime is zero for the server's default.
	Lifetime time.Duration
	ReadOnly bool
}

// Token is a token that was made.
type Token struct {
	Credential Credential
	// Key names it where it is listed and revoked.
	Key string
	// Expires is zero if the answer says nothing.
	Expires time.Time
	// Names is what the answer says that it is limited to.
	Names []string
}

// Acts is all that a subject can be asked. Every call is bounded and
// recorded, answers NoCall where there is none, and never panics whatever
// comes back. The zero Credential asks as a stranger without any.
type Acts interface {
	// Recognise asks whether this speaks the protocol at all.
	Recognise(ctx context.Context) Answer
	// Samples are names of packages that exist, at most n.
	Samples(ctx context.Context, n int) ([]string, Answer)
	Listing(ctx context.Context, as Credential, name string) (Listing, Answer)
	File(ctx context.Context, as Credential, name, version string) (File, Answer)
	// Advisories are ids of what the subject's own audit call says of a
	// version.
	Advisories(ctx context.Context, as Credential, name, version string) ([]string, Answer)

	Publish(ctx context.Context, as Credential, r Release) Answer
	// Remove removes a version, or the whole package with version "".
	Remove(ctx context.Context, as Credential, name, version, reason string) Answer
	// SetStatus yanks, deprecates, quarantines ... ; assay.Active takes it back.
	SetStatus(ctx context.Context, as Credential, name, version string, s assay.Status, reason string) Answer
	AddOwner(ctx context.Context, as Credential, name, person string) Answer
	// Report reports a version as malicious.
	Report(ctx context.Context, as Credential, name, version, reason string) Answer

	SignUp(ctx context.Context, p Person) (Credential, Answer)
	LogIn(ctx context.Context, p Person) (Credential, Answer)
	WhoAmI(ctx context.Context, as Credential) (string, Answer)
	// ChangePassword changes the password of the person of the credential.
	ChangePassword(ctx context.Context, as Credential, p Person, to string) Answer
	// StartSecondFactor asks for a TOTP secret for the person.
	StartSecondFactor(ctx context.Context, as Credential, p Person) (otpauth string, a Answer)
	// ConfirmSecondFactor sends the code that the secret gives now; from
	// then on it is asked for.
	ConfirmSecondFactor(ctx context.Context, as Credential, p Person, code string) Answer
	// VerifyMail does what the mail to the person asks for.
	VerifyMail(ctx context.Context, p Person) Answer
	MakeToken(ctx context.Context, as Credential, p Person, w Wish) (Token, Answer)
	RevokeToken(ctx context.Context, as Credential, key string) Answer
	// ReportToken reports a leaked token to the subject's own endpoint.
	ReportToken(ctx context.Context, token string) Answer
	// ExchangeIdentity offers an identity token for a short-lived one.
	ExchangeIdentity(ctx context.Context, name, identity string) (Token, Answer)

	// Block says "don't download this" for all clients.
	Block(ctx context.Context, pattern, reason string) Answer
	Unblock(ctx context.Context, pattern string) Answer
	// Claim gives a name, or a name with a * at its end, to the publisher
	// alone: it is hosted and never asked for elsewhere.
	Claim(ctx context.Context, name string) Answer
	// Advise makes a vulnerability of a package known, fixed in a version.
	Advise(ctx context.Context, name, fixed string) Answer
	// Events are the newest public events, newest last, as lines of text
	// that name kind, package and version where the reader may know them.
	Events(ctx context.Context, as Credential) ([]string, Answer)
	// Acted are the newest acts of administrators in their audit log.
	Acted(ctx context.Context) ([]string, Answer)
	// EraseActed tries to remove the audit log's newest entry as an
	// administrator; Accepted means that it is gone.
	EraseActed(ctx context.Context) Answer
}

// NoActs answers NoCall to everything. Embed it, and implement what there is.
type NoActs struct{}

var noCall = Answer{Verdict: NoCall}

var _ Acts = NoActs{}

func (NoActs) Recognise(context.Context) Answer                { return noCall }
func (NoActs) Samples(context.Context, int) ([]string, Answer) { return nil, noCall }
func (NoActs) Listing(context.Context, Credential, string) (Listing, Answer) {
	return Listing{}, noCall
}
func (NoActs) File(context.Context, Credential, string, string) (File, Answer) {
	return File{}, noCall
}
func (NoActs) Advisories(context.Context, Credential, string, string) ([]string, Answer) {
	return nil, noCall
}
func (NoActs) Publish(context.Context, Credential, Release) Answer { return noCall }
func (NoActs) Remove(context.Context, Credential, string, string, string) Answer {
	return noCall
}
func (NoActs) SetStatus(context.Context, Credential, string, string, assay.Status, string) Answer {
	return noCall
}
func (NoActs) AddOwner(context.Context, Credential, string, string) Answer { return noCall }
func (NoActs) Report(context.Context, Credential, string, string, string) Answer {
	return noCall
}
func (NoActs) SignUp(context.Context, Person) (Credential, Answer) { return Credential{}, noCall }
func (NoActs) LogIn(context.Context, Person) (Credential, Answer)  { return Credential{}, noCall }
func (NoActs) WhoAmI(context.Context, Credential) (string, Answer) { return "", noCall }
func (NoActs) ChangePassword(context.Context, Credential, Person, string) Answer {
	return noCall
}
func (NoActs) StartSecondFactor(context.Context, Credential, Person) (string, Answer) {
	return "", noCall
}
func (NoActs) ConfirmSecondFactor(context.Context, Credential, Person, string) Answer {
	return noCall
}
func (NoActs) VerifyMail(context.Context, Person) Answer { return noCall }
func (NoActs) MakeToken(context.Context, Credential, Person, Wish) (Token, Answer) {
	return Token{}, noCall
}
func (NoActs) RevokeToken(context.Context, Credential, string) Answer { return noCall }
func (NoActs) ReportToken(context.Context, string) Answer             { return noCall }
func (NoActs) ExchangeIdentity(context.Context, string, string) (Token, Answer) {
	return Token{}, noCall
}
func (NoActs) Block(context.Context, string, string) Answer  { return noCall }
func (NoActs) Unblock(context.Context, string) Answer        { return noCall }
func (NoActs) Claim(context.Context, string) Answer          { return noCall }
func (NoActs) Advise(context.Context, string, string) Answer { return noCall }
func (NoActs) Events(context.Context, Credential) ([]string, Answer) {
	return nil, noCall
}
func (NoActs) Acted(context.Context) ([]string, Answer) { return nil, noCall }
func (NoActs) EraseActed(context.Context) Answer        { return noCall }
