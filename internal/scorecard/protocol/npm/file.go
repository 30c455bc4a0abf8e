package npm

import (
	"bytes"
	"context"
	"crypto/sha1" // npm's shasum is one
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"net/url"
	"strings"
	"sync"

	"assay.invalid/internal/ecosystem/npm/wire"
	"assay.invalid/internal/scorecard"
)

// File fetches a version's tarball from where a listing said that it is, also
// when the version has left the listing since, as an install by a lock file
// does; else from its usual address.
func (a *acts) File(ctx context.Context, as scorecard.Credential, name, version string) (scorecard.File, scorecard.Answer) {
	at, known := a.files.get(name, version)
	if !known {
		if _, answer := a.Listing(ctx, as, name); answer.Status == 0 && answer.Verdict == scorecard.Unclear {
			return scorecard.File{}, answer
		}
		if at, known = a.files.get(name, version); !known {
			path, answer, ok := usualFile(name, version)
			if !ok {
				return scorecard.File{}, answer
			}
			at = a.base + path
		}
	}
	res, answer := a.ask(ctx, question{
		url: at, as: as, limit: a.limits.File, accept: "application/octet-stream, */*;q=0.8",
		// A tarball is gzip already. A server that calls this an encoding
		// would have it unpacked on the way, and the digest would be of other
		// bytes.
		header: map[string]string{"Accept-Encoding": "identity"},
	})
	return readFile(res, answer)
}

// usualFile is the path below the base where clients expect a file of which no
// listing says where it is.
func usualFile(name, version string) (string, scorecard.Answer, bool) {
	path, answer, ok := packagePath(name)
	if _, err := wire.Name(name); err == nil {
		path = name // the scope's slash is plain in the path of a file
	}
	return path + "/-/" + url.PathEscape(wire.FileName(name, version)), answer, ok
}

func readFile(res scorecard.Response, answer scorecard.Answer) (scorecard.File, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return scorecard.File{}, answer
	}
	// What a trial published may be no archive, and is a file all the same.
	// What the server itself calls a document is none.
	media := mediaType(res)
	document := strings.HasPrefix(media, "text/") || strings.HasSuffix(media, "json") || strings.HasSuffix(media, "xml")
	if !bytes.HasPrefix(res.Body, []byte{0x1f, 0x8b}) && (len(res.Body) == 0 || document || isWebPage(res)) {
		return scorecard.File{}, spoilt(answer, "answered with %s instead of a file", kindOf(res))
	}
	return scorecard.File{Body: res.Body, Digests: digests(res.Body)}, answer
}

func digests(body []byte) map[string]string {
	s1, s256, s384, s512 := sha1.Sum(body), sha256.Sum256(body), sha512.Sum384(body), sha512.Sum512(body)
	return map[string]string{
		"sha1":   hex.EncodeToString(s1[:]),
		"sha256": hex.EncodeToString(s256[:]),
		"sha384": hex.EncodeToString(s384[:]),
		"sha512": hex.EncodeToString(s512[:]),
	}
}

// addresses remembers where files are.
type addresses struct {
	mu   sync.Mutex
	most int
	at   map[[2]string]string
}

func newAddresses(most int) *addresses {
	return &addresses{most: most, at: map[[2]string]string{}}
}

func (a *addresses) get(name, version string) (string, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at, ok := a.at[[2]string{name, version}]
	return at, ok
}

// put remembers an address; when there is no more room, all are forgotten,
// because any of them can be asked for again.
func (a *addresses) put(name, version, at string) {
	if at == "" {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.at) >= a.most {
		clear(a.at)
	}
	a.at[[2]string{name, version}] = at
}
