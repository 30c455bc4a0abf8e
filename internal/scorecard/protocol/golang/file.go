package golang

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"

	"assay.invalid/internal/ecosystem/golang/wire"
	"assay.invalid/internal/scorecard"
)

// File fetches a version's zip.
func (a *acts) File(ctx context.Context, as scorecard.Credential, name, version string) (scorecard.File, scorecard.Answer) {
	path, err := wire.FilePath(name, version, wire.Zip)
	if err != nil {
		return scorecard.File{}, unclear("%q cannot be asked for: it is no version of a module", name+"@"+version)
	}
	res, answer := a.ask(ctx, as, path, a.limits.File)
	return readFile(res, answer, name, version, a.limits.Wire)
}

// readFile makes sure that a zip came. It may be one that the go command
// would not take (another module's, a spoiled one): then it has no h1, which
// fits no digest, but it was handed out all the same.
func readFile(res scorecard.Response, answer scorecard.Answer, name, version string, bounds wire.Limits) (scorecard.File, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return scorecard.File{}, answer
	}
	if len(res.Body) == 0 || isWebPage(res) || res.Body[0] == '{' {
		return scorecard.File{}, spoilt(answer, "answered with %s instead of a module zip", kindOf(res))
	}
	s256, s512 := sha256.Sum256(res.Body), sha512.Sum512(res.Body)
	f := scorecard.File{Body: res.Body, Digests: map[string]string{
		"sha256": hex.EncodeToString(s256[:]),
		"sha512": hex.EncodeToString(s512[:]),
	}}
	if h1, err := wire.CheckZip(name, version, bytes.NewReader(res.Body), int64(len(res.Body)), bounds); err == nil {
		f.Digests["h1"] = string(h1)
	}
	return f, answer
}
