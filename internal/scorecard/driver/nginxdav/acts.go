package nginxdav

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver/peer"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// acts are what it can be asked beyond Maven's protocol.
type acts struct {
	scorecard.NoActs
	subject asking.Subject
}

func open(base string, v scorecard.Visitor) scorecard.Acts {
	return acts{subject: asking.Subject{Base: base, Visit: v, Authorise: peer.Basic}}
}

// answerBound is how much of an answer is read, in bytes.
const answerBound = 1 << 20

// Remove implements scorecard.Acts: the folder of a version, or of an
// artifact.
func (a acts) Remove(ctx context.Context, as scorecard.Credential, name, version, _ string) scorecard.Answer {
	folder, ok := layout(name, version)
	if !ok {
		return asking.Unclear("%q is no group and artifact", name)
	}
	_, answer := a.subject.Ask(ctx, asking.Question{
		Method: http.MethodDelete, URL: a.subject.Base + folder, As: as, Limit: answerBound,
		// nginx removes a folder with all that is in it only if asked so.
		Header: map[string]string{"Depth": "infinity"},
	}, nil)
	return answer
}

// layout is the folder of an artifact ("group/artifact", or with a colon), or
// of one of its versions, below the repository. A name with something in it
// that leads elsewhere has none: it would remove what is not meant.
func layout(name, version string) (string, bool) {
	group, artifact, ok := strings.Cut(strings.Replace(name, ":", "/", 1), "/")
	if !ok || group == "" {
		return "", false
	}
	parts := append(strings.Split(group, "."), artifact)
	if version != "" {
		parts = append(parts, version)
	}
	var path strings.Builder
	for _, part := range parts {
		if part == "" || part == "." || part == ".." || strings.Contains(part, "/") {
			return "", false
		}
		path.WriteString(url.PathEscape(part) + "/")
	}
	return path.String(), true
}
