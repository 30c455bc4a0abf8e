package badregistry

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// ownVisitor makes the registry's own calls, for acts that nobody records.
type ownVisitor struct{ client *http.Client }

// Do implements scorecard.Visitor.
func (o ownVisitor) Do(ctx context.Context, asked scorecard.Request) (scorecard.Response, error) {
	req, err := http.NewRequestWithContext(ctx, asked.Method, asked.URL, bytes.NewReader(asked.Body))
	if err != nil {
		return scorecard.Response{}, &scorecard.Fault{Kind: scorecard.NoConnection, Text: err.Error(), Err: err}
	}
	req.Header = asked.Header.Clone()
	resp, err := o.client.Do(req)
	if err != nil {
		return scorecard.Response{}, &scorecard.Fault{Kind: scorecard.NoConnection, Text: err.Error(), Err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxListing))
	if err != nil {
		return scorecard.Response{}, &scorecard.Fault{Kind: scorecard.ClosedEarly, Text: err.Error(), Err: err}
	}
	return scorecard.Response{Status: resp.StatusCode, Header: resp.Header, Body: body, At: asked.URL}, nil
}

// caller is a driver's side of the calls at /-/trial/: what the protocols have
// no call for, each a request through its visitor.
type caller struct {
	scorecard.NoActs
	base, control string
	ecosystem     assay.Ecosystem // "" if the name must tell
	visit         scorecard.Visitor
	mail          *mailbox
}

func (r *Registry) acts(e assay.Ecosystem, v scorecard.Visitor) scorecard.Acts {
	return &caller{base: r.origin + "/-/trial/", control: r.control, ecosystem: e, visit: v, mail: r.mail}
}

// of is the ecosystem that a name belongs to: the one that the acts are for,
// else what the name looks like.
func (c *caller) of(name string) assay.Ecosystem {
	first, _, _ := strings.Cut(name, "/")
	switch {
	case c.ecosystem != "":
		return c.ecosystem
	case strings.Contains(first, ".") && !strings.HasPrefix(first, "@"):
		return assay.Golang
	}
	return assay.NPM
}

func (c *caller) call(ctx context.Context, act string, as scorecard.Credential, with called) (said, scorecard.Answer) {
	if with.Ecosystem == "" {
		with.Ecosystem = c.of(with.Name)
	}
	with.Secret = as.Secret
	if with.Code == "" {
		with.Code = as.Code
	}
	body, err := json.Marshal(with)
	if err != nil {
		return said{}, scorecard.Answer{Verdict: scorecard.Unclear, Reason: scorecard.Words(err.Error())}
	}
	resp, err := c.visit.Do(ctx, scorecard.Request{
		Method: http.MethodPost, URL: c.base + act, Body: body, As: as,
		Header: http.Header{"Authorization": {"Bearer " + c.control}, "Content-Type": {kindJSON}},
	})
	var out struct {
		said
		Error string `json:"error"`
	}
	if err == nil {
		_ = json.Unmarshal(resp.Body, &out) // what is not JSON says nothing, and the status tells the rest
	}
	a := scorecard.AnswerTo(resp, err, out.Error)
	if a.Verdict == scorecard.Refused && strings.Contains(resp.Header.Get("WWW-Authenticate"), "OTP") {
		a.SecondFactor = true
	}
	return out.said, a
}

func (c *caller) do(ctx context.Context, act string, as scorecard.Credential, with called) scorecard.Answer {
	_, a := c.call(ctx, act, as, with)
	return a
}

func (c *caller) token(ctx context.Context, act string, as scorecard.Credential, who string, with called) (scorecard.Token, scorecard.Answer) {
	out, a := c.call(ctx, act, as, with)
	if a.Verdict != scorecard.Accepted {
		return scorecard.Token{}, a
	}
	return scorecard.Token{Credential: scorecard.Credential{Who: who, Secret: out.Token}, Key: out.Key, Expires: out.Expires, Names: out.Names}, a
}

// Samples implements scorecard.Acts.
func (c *caller) Samples(ctx context.Context, n int) ([]string, scorecard.Answer) {
	out, a := c.call(ctx, "samples", scorecard.Credential{}, called{})
	return out.Lines[:min(n, len(out.Lines))], a
}

// Publish implements scorecard.Acts.
func (c *caller) Publish(ctx context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
	e := c.of(r.Name)
	archive := r.Archive
	if archive == nil {
		var err error
		if archive, err = packed(e, r); err != nil {
			return scorecard.Answer{Verdict: scorecard.Unclear, Reason: scorecard.Words(err.Error())}
		}
	}
	return c.do(ctx, "publish", as, called{Ecosystem: e, Name: r.Name, Version: r.Version, Manifest: manifestOf(r), Archive: archive, Bundle: r.Provenance})
}

// Remove implements scorecard.Acts.
func (c *caller) Remove(ctx context.Context, as scorecard.Credential, name, version, reason string) scorecard.Answer {
	return c.do(ctx, "remove", as, called{Name: name, Version: version, Reason: reason})
}

// SetStatus implements scorecard.Acts.
func (c *caller) SetStatus(ctx context.Context, as scorecard.Credential, name, version string, s assay.Status, reason string) scorecard.Answer {
	return c.do(ctx, "set-status", as, called{Name: name, Version: version, Status: s.String(), Reason: reason})
}

// AddOwner implements scorecard.Acts.
func (c *caller) AddOwner(ctx context.Context, as scorecard.Credential, name, person string) scorecard.Answer {
	return c.do(ctx, "add-owner", as, called{Name: name, Person: person})
}

// Report implements scorecard.Acts.
func (c *caller) Report(ctx context.Context, as scorecard.Credential, name, version, reason string) scorecard.Answer {
	return c.do(ctx, "report", as, called{Name: name, Version: version, Reason: reason})
}

// SignUp implements scorecard.Acts.
func (c *caller) SignUp(ctx context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	t, a := c.token(ctx, "sign-up", scorecard.Credential{}, p.Name, called{Person: p.Name, Password: p.Password, Mail: p.Mail})
	return t.Credential, a
}

// LogIn implements scorecard.Acts.
func (c *caller) LogIn(ctx context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	t, a := c.token(ctx, "log-in", scorecard.Credential{}, p.Name, called{Person: p.Name, Password: p.Password})
	return t.Credential, a
}

// WhoAmI implements scorecard.Acts.
func (c *caller) WhoAmI(ctx context.Context, as scorecard.Credential) (string, scorecard.Answer) {
	out, a := c.call(ctx, "who-am-i", as, called{})
	return out.Text, a
}

// ChangePassword implements scorecard.Acts.
func (c *caller) ChangePassword(ctx context.Context, as scorecard.Credential, p scorecard.Person, to string) scorecard.Answer {
	return c.do(ctx, "change-password", as, called{Person: p.Name, Password: p.Password, To: to})
}

// StartSecondFactor implements scorecard.Acts.
func (c *caller) StartSecondFactor(ctx context.Context, as scorecard.Credential, p scorecard.Person) (string, scorecard.Answer) {
	out, a := c.call(ctx, "start-second-factor", as, called{Person: p.Name, Password: p.Password})
	return out.Text, a
}

// ConfirmSecondFactor implements scorecard.Acts.
func (c *caller) ConfirmSecondFactor(ctx context.Context, as scorecard.Credential, p scorecard.Person, code string) scorecard.Answer {
	return c.do(ctx, "confirm-second-factor", as, called{Person: p.Name, Code: code})
}

// VerifyMail implements scorecard.Acts: it reads the mail and sends back what
// it asks for.
func (c *caller) VerifyMail(ctx context.Context, p scorecard.Person) scorecard.Answer {
	proof := ""
	for _, text := range c.mail.Received(p.Mail) {
		if _, code, ok := strings.Cut(text, "send back: "); ok {
			proof = code
		}
	}
	return c.do(ctx, "verify-mail", scorecard.Credential{}, called{Key: proof})
}

// MakeToken implements scorecard.Acts.
func (c *caller) MakeToken(ctx context.Context, as scorecard.Credential, p scorecard.Person, w scorecard.Wish) (scorecard.Token, scorecard.Answer) {
	e := c.ecosystem
	if e == "" && len(w.Names) > 0 {
		e = c.of(w.Names[0])
	}
	return c.token(ctx, "make-token", as, as.Who, called{Ecosystem: e, Password: p.Password, Names: w.Names, ReadOnly: w.ReadOnly,
		Seconds: float64(w.Lifetime) / float64(time.Second)})
}

// RevokeToken implements scorecard.Acts.
func (c *caller) RevokeToken(ctx context.Context, as scorecard.Credential, key string) scorecard.Answer {
	return c.do(ctx, "revoke-token", as, called{Key: key})
}

// ReportToken implements scorecard.Acts.
func (c *caller) ReportToken(ctx context.Context, token string) scorecard.Answer {
	return c.do(ctx, "report-token", scorecard.Credential{}, called{Key: token})
}

// ExchangeIdentity implements scorecard.Acts.
func (c *caller) ExchangeIdentity(ctx context.Context, name, identity string) (scorecard.Token, scorecard.Answer) {
	return c.token(ctx, "exchange-identity", scorecard.Credential{}, "identity", called{Name: name, Key: identity})
}

// Block implements scorecard.Acts.
func (c *caller) Block(ctx context.Context, pattern, reason string) scorecard.Answer {
	return c.do(ctx, "block", scorecard.Credential{}, called{Name: pattern, Reason: reason})
}

// Unblock implements scorecard.Acts.
func (c *caller) Unblock(ctx context.Context, pattern string) scorecard.Answer {
	return c.do(ctx, "unblock", scorecard.Credential{}, called{Name: pattern})
}

// Claim implements scorecard.Acts.
func (c *caller) Claim(ctx context.Context, name string) scorecard.Answer {
	return c.do(ctx, "claim", scorecard.Credential{}, called{Name: name})
}

// Advise implements scorecard.Acts.
func (c *caller) Advise(ctx context.Context, name, fixed string) scorecard.Answer {
	return c.do(ctx, "advise", scorecard.Credential{}, called{Name: name, Version: fixed})
}

// Events implements scorecard.Acts.
func (c *caller) Events(ctx context.Context, as scorecard.Credential) ([]string, scorecard.Answer) {
	out, a := c.call(ctx, "events", as, called{})
	return out.Lines, a
}

// Acted implements scorecard.Acts.
func (c *caller) Acted(ctx context.Context) ([]string, scorecard.Answer) {
	out, a := c.call(ctx, "acted", scorecard.Credential{}, called{})
	return out.Lines, a
}

// EraseActed implements scorecard.Acts.
func (c *caller) EraseActed(ctx context.Context) scorecard.Answer {
	return c.do(ctx, "erase-acted", scorecard.Credential{}, called{})
}
