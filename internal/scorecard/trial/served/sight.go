package served

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Sight is what a reader was given of one version.
type Sight struct {
	// Listing is how the package's listing answered.
	Listing scorecard.Verdict `json:"listing"`
	// Listed says that the version stands in it.
	Listed bool `json:"listed"`
	// Latest is the version that the listing would have a client choose.
	Latest string `json:"latest,omitempty"`
	// Status and Notice are what the listing says of the version.
	Status assay.Status `json:"status"`
	Notice string       `json:"notice,omitempty"`
	// Gone is what the listing says of it as one that was removed.
	Gone string `json:"gone,omitempty"`
	// Digest is the strongest digest in the listing, with its algorithm.
	Digest string `json:"digest,omitempty"`
	// File is how the request for its file was answered, and SHA256 the
	// digest of the bytes that came.
	File   scorecard.Answer `json:"file"`
	SHA256 string           `json:"sha256,omitempty"`
}

// Open reports that the file was handed out.
func (s Sight) Open() bool { return s.File.Verdict == scorecard.Accepted }

// Shut reports that the file was asked for and clearly not handed out.
func (s Sight) Shut() bool {
	return s.File.Verdict == scorecard.Refused || s.File.Verdict == scorecard.Absent
}

// Same reports that both sights show the same bytes.
func (s Sight) Same(other Sight) bool {
	return s.Open() && other.Open() && s.SHA256 != "" && s.SHA256 == other.SHA256
}

// See looks at a version once.
func See(ctx context.Context, b *scorecard.Bench, as scorecard.Credential, name, version string) (Sight, error) {
	listing, a := b.Listing(ctx, as, name)
	if err := scorecard.Unless(a, "read the listing of "+name, scorecard.Accepted, scorecard.Refused, scorecard.Absent); err != nil {
		return Sight{}, err
	}
	s := Sight{Listing: a.Verdict}
	if a.Verdict == scorecard.Accepted {
		v, ok := listing.Versions[version]
		s.Listed, s.Latest, s.Status = ok, listing.Latest, v.Status
		s.Notice, s.Gone = scorecard.Words(v.Notice), scorecard.Words(listing.Gone[version])
		if said, gone := listing.Gone[version]; gone && said == "" {
			s.Gone = "removed"
		}
		s.Digest = strongest(v.Digests)
	}
	file, a := b.File(ctx, as, name, version)
	if err := scorecard.Unless(a, "fetch the file of "+name+" "+version, scorecard.Accepted, scorecard.Refused, scorecard.Absent); err != nil {
		return Sight{}, err
	}
	s.File = a
	if a.Verdict == scorecard.Accepted {
		sum := sha256.Sum256(file.Body)
		s.SHA256 = hex.EncodeToString(sum[:])
	}
	return s, nil
}

// strongest is one digest of several, so that two listings can be compared.
func strongest(digests map[string]string) string {
	for _, algorithm := range []string{"sha512", "sha384", "sha256", "h1", "sha1", "md5"} {
		if d := digests[algorithm]; d != "" {
			return algorithm + ":" + d
		}
	}
	return ""
}

// looks and pause are how often, and how far apart, a version is looked at
// until an effect shows. Caches of a second or two are common and harmless.
const (
	looks = 5
	pause = 400 * time.Millisecond
)

// Until looks at a version until what is seen is enough, or long enough. What
// was seen last is returned either way.
func Until(ctx context.Context, b *scorecard.Bench, as scorecard.Credential, name, version string, enough func(Sight) bool) (Sight, error) {
	for look := 1; ; look++ {
		s, err := See(ctx, b, as, name, version)
		if err != nil || enough(s) || look == looks {
			return s, err
		}
		if err := b.Wait(ctx, pause); err != nil {
			return s, err
		}
	}
}

// Publish publishes a release as the control of a trial: it must be accepted
// and then be listed and handed out, else nothing can be told.
func Publish(ctx context.Context, b *scorecard.Bench, as scorecard.Credential, r scorecard.Release) (Sight, error) {
	a := b.Publish(ctx, as, r)
	if err := scorecard.Unless(a, "publish "+r.Name+" "+r.Version, scorecard.Accepted); err != nil {
		return Sight{}, err
	}
	s, err := Until(ctx, b, as, r.Name, r.Version, func(s Sight) bool { return s.Listed && s.Open() })
	if err != nil {
		return Sight{}, err
	}
	switch {
	case !s.Open():
		return s, scorecard.Untold("%s %s was published, but its file is not handed out: %s", r.Name, r.Version, s.File)
	case !s.Listed:
		return s, scorecard.Untold("%s %s was published, but it is not listed", r.Name, r.Version)
	}
	return s, nil
}

// Second is the credential that tries to do again what the publisher did: the
// stranger where both may publish in the same place, else the publisher. A
// stranger who may publish elsewhere only would be refused for that alone.
func Second(b *scorecard.Bench) scorecard.Credential {
	if b.Stranger.Secret != "" && b.Under == b.UnderStranger {
		return b.Stranger
	}
	return b.Publisher
}

// Elsewhere is the name of a throw-away package of the upstream: outside of
// where the publisher's own packages are, because those names are not asked
// for upstream.
func Elsewhere(b *scorecard.Bench, label string) string {
	if b.Protocol.Ecosystem() == assay.Golang {
		return b.Protocol.ThrowAway("upstream.example/*", b.Seed, label)
	}
	return b.Protocol.ThrowAway("", b.Seed, label)
}

// Denied reports a clear no to an act. Being throttled is none: it says
// nothing of what was asked.
func Denied(a scorecard.Answer) bool {
	return a.Verdict == scorecard.Refused || a.Verdict == scorecard.Absent
}

// Decided returns nil when an answer is a yes or a clear no, else the error
// that says why it tells nothing.
func Decided(a scorecard.Answer, doing string) error {
	return scorecard.Unless(a, doing, scorecard.Accepted, scorecard.Refused, scorecard.Absent)
}

// Uncontrolled is the finding for evidence whose control step does not show
// that the trial could have succeeded.
func Uncontrolled(what string) scorecard.Finding {
	return scorecard.Found(scorecard.CouldNotTell, "The evidence does not show that "+what+", so nothing follows from it.")
}

// Names joins names for a sentence: "a, b and c".
func Names(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	most, last := names[:len(names)-1], names[len(names)-1]
	if len(most) == 0 {
		return last
	}
	return strings.Join(most, ", ") + " and " + last
}
