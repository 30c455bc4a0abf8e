package pypi

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"strings"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// File fetches a version's main file from where a listing said that it is,
// also when it has left the listing since, as an install by a lock file does.
// Of a version that never was listed the wheel is asked for beside a file that
// is: the protocol knows no address of its own for files.
func (a *acts) File(ctx context.Context, as scorecard.Credential, name, version string) (scorecard.File, scorecard.Answer) {
	at, known := a.files.Get(normal(name), version)
	if !known {
		l, answer := a.Listing(ctx, as, name)
		if answer.Verdict != scorecard.Accepted && answer.Verdict != scorecard.Absent {
			return scorecard.File{}, answer
		}
		if at, known = a.files.Get(normal(name), version); !known {
			if at = beside(l, wheelName(name, version)); at == "" {
				return scorecard.File{}, scorecard.Answer{Verdict: scorecard.Absent, Reason: "no listing names a file of it"}
			}
		}
	}
	res, answer := a.ask(ctx, asking.Question{
		URL: at, As: as, Limit: a.limits.File, Accept: "*/*",
		// A server that calls a tar.gz's compression an encoding would have it
		// unpacked on the way, and the digest would be of other bytes.
		Header: map[string]string{"Accept-Encoding": "identity"},
	})
	return asking.ReadFile(res, answer)
}

// beside is the address of a file in the folder of one that is listed.
func beside(l scorecard.Listing, file string) string {
	u, err := url.Parse(l.Versions[l.Latest].File)
	if err != nil || u.Host == "" {
		return ""
	}
	u.Path, u.RawPath = path.Join(path.Dir(u.Path), file), ""
	return u.String()
}

// Advisories asks for the vulnerabilities of a version, as pip-audit does.
func (a *acts) Advisories(ctx context.Context, as scorecard.Credential, name, version string) ([]string, scorecard.Answer) {
	if !addressable(name) || !isVersion(version) {
		return nil, asking.Unclear("%q cannot be asked about", name+" "+version)
	}
	at := a.place
	if !strings.HasSuffix(at, "/pypi/") {
		at += "pypi/"
	}
	res, answer := a.ask(ctx, asking.Question{URL: at + normal(name) + "/" + url.PathEscape(version) + "/json", As: as, Accept: "application/json", Limit: a.limits.Document})
	return readAdvisories(res, answer, a.limits.Advisories)
}

func readAdvisories(res scorecard.Response, answer scorecard.Answer, most int) ([]string, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return nil, answer
	}
	m := asking.Members(res.Body)
	if m == nil || asking.IsWebPage(res) {
		return nil, asking.Spoilt(answer, "answered with %s instead of what is known of a version", asking.KindOf(res))
	}
	raw, told := m["vulnerabilities"]
	if !told {
		return nil, scorecard.Answer{Verdict: scorecard.NoCall, Status: answer.Status, Reason: "what is told of a version leaves vulnerabilities out"}
	}
	all := asking.List(raw)
	if all == nil {
		return nil, asking.Spoilt(answer, "answered with vulnerabilities that are no list")
	}
	const longest = 64
	var ids []string
	for _, v := range all {
		id := scorecard.Words(asking.Text(asking.Members(v)["id"]))
		if id != "" && len(id) <= longest && len(ids) < most {
			ids = append(ids, id)
		}
	}
	return ids, answer
}

// ExchangeIdentity offers an identity token to the call of trusted publishing
// (https://github.com/pypi/warehouse/blob/main/docs/user/trusted-publishers/using-a-publisher.md).
func (a *acts) ExchangeIdentity(ctx context.Context, _, identity string) (scorecard.Token, scorecard.Answer) {
	body, err := jsonOf(map[string]string{"token": identity})
	if err != nil {
		return scorecard.Token{}, asking.Unclear("the identity token cannot be sent: %v", err)
	}
	res, answer := a.ask(ctx, asking.Question{
		Method: http.MethodPost, URL: originOf(a.place) + "_/oidc/mint-token", Accept: "application/json", Limit: a.limits.Answer,
		Header: map[string]string{"Content-Type": "application/json"}, Body: body,
	})
	return readMinted(res, asking.Missing(answer))
}

func readMinted(res scorecard.Response, answer scorecard.Answer) (scorecard.Token, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return scorecard.Token{}, answer
	}
	secret := asking.Text(asking.Members(res.Body)["token"])
	if !asking.Sendable(secret) {
		return scorecard.Token{}, asking.Spoilt(answer, "answered with %s instead of a token", asking.KindOf(res))
	}
	return scorecard.Token{Credential: scorecard.Credential{Who: "identity", Secret: secret}}, answer
}

// originOf is the root of an address.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host + "/"
}
