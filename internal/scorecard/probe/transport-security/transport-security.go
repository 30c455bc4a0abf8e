// Package transportsecurity asks whether the subject is reached over modern
// TLS alone.
//
// A listing read over plain text, or over TLS 1.0 with a weakness known for a
// decade (both versions below 1.2 are retired by RFC 8996), can be changed on
// the way. A client that once came by plain text must be told never to again:
// HTTP Strict Transport Security (RFC 6797), for at least 180 days. And what
// answers in plain text, on port 80 or on the subject's own port, must hand
// out nothing and at most lead to https.
//
// A subject that is reached over plain text on this machine says nothing of
// how it is served to others.
package transportsecurity

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
)

// Seen is what is written down.
type Seen struct {
	Host string `json:"host"`
	// Plain is set when the subject's own address is plain http.
	Plain bool `json:"plain,omitempty"`
	// Version is the TLS that was agreed on, Certificate what is wrong with
	// the connection if there is none.
	Version     string `json:"version,omitempty"`
	Certificate string `json:"certificate,omitempty"`
	// Old says how an offer of nothing newer than TLS 1.1 was answered.
	Old Offer `json:"old"`
	// HSTS is whether the header came, MaxAge its seconds.
	HSTS   bool  `json:"hsts"`
	MaxAge int64 `json:"max_age"`
	// PlainText says how plain http was answered.
	PlainText Offer `json:"plain_text"`
}

// Offer is how something that must not be accepted was answered.
type Offer struct {
	Answer Answered `json:"answer"`
	// Said is what came, for people.
	Said string `json:"said,omitempty"`
}

// Answered is how an offer was answered.
type Answered string

// The answers to an offer.
const (
	Taken  Answered = "taken"
	No     Answered = "refused"
	Onward Answered = "led to https"
	// Unknown is the answer where it could not be told.
	Unknown Answered = "could not be told"
)

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "transport-security", Kind: scorecard.Probe, Version: 1, Capability: "transport-security",
		Question: "Is the subject reached over TLS 1.2 or newer alone, with HSTS and nothing in plain text?",
		Decisive: true, Whole: true,
	}, probe.Within(collect), judge)
}

// enough is the least HSTS that is of use: 180 days.
const enough = 180 * 24 * 60 * 60

// patience bounds each of the requests, five at most, so that all fit.
const patience = 1800 * time.Millisecond

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	u, ok := b.Subject.Base(b.Protocol.Ecosystem())
	if !ok || u.Host == "" {
		return Seen{}, scorecard.Untold("the subject has no address that can be read")
	}
	seen := Seen{Host: u.Host, Plain: u.Scheme != "https", Old: Offer{Answer: Unknown}, PlainText: Offer{Answer: Unknown}}
	if seen.Plain {
		if loopback(u.Hostname()) {
			return Seen{}, scorecard.Untold("plain text on loopback tells nothing of how it is served to others")
		}
		return seen, nil
	}
	r, err := ask(ctx, b, u.String(), 0)
	if f, big := errors.AsType[*scorecard.Fault](err); big && f.Kind == scorecard.TooBig {
		// The root of some is a list of all that they have. Its header is
		// enough here.
		r, err = b.Visit.Do(ctx, scorecard.Request{Method: http.MethodHead, URL: u.String(), Within: patience})
	}
	if f, bad := errors.AsType[*scorecard.Fault](err); bad && f.Kind == scorecard.BadTLS {
		seen.Certificate = scorecard.Words(f.Text)
		return seen, nil
	}
	if err != nil {
		return Seen{}, scorecard.Untold("%s could not be asked over TLS: %s", u.Host, probe.FaultText(err))
	}
	seen.Version = r.TLS
	seen.MaxAge, seen.HSTS = maxAge(r.Header)
	seen.Old = older(ctx, b, u.String())
	seen.PlainText = plain(ctx, b, u)
	return seen, nil
}

func ask(ctx context.Context, b *scorecard.Bench, address string, newest uint16) (scorecard.Response, error) {
	return b.Visit.Do(ctx, scorecard.Request{Method: http.MethodGet, URL: address, MaxTLS: newest, Within: patience})
}

// older offers nothing newer than TLS 1.1.
func older(ctx context.Context, b *scorecard.Bench, address string) Offer {
	r, err := ask(ctx, b, address, tls.VersionTLS11)
	f, fault := errors.AsType[*scorecard.Fault](err)
	switch {
	case err == nil:
		return Offer{Taken, scorecard.Words(r.TLS)}
	case fault && (f.Kind == scorecard.BadTLS || f.Kind == scorecard.ClosedEarly):
		return Offer{No, scorecard.Words(f.Text)}
	case fault && (f.Kind == scorecard.TooBig || f.Kind == scorecard.RedirectAway):
		// Something was said over it.
		return Offer{Taken, scorecard.Words(f.Text)}
	}
	return Offer{Unknown, probe.FaultText(err)}
}

// plain asks in plain text: on port 80, and where the subject has a port of
// its own there.
func plain(ctx context.Context, b *scorecard.Bench, u *url.URL) Offer {
	bare := *u
	bare.Scheme = "http"
	if u.Port() == "" || u.Port() == "443" {
		bare.Host = u.Hostname()
		if strings.Contains(bare.Host, ":") {
			bare.Host = "[" + bare.Host + "]"
		}
	}
	r, err := ask(ctx, b, bare.String(), 0)
	f, fault := errors.AsType[*scorecard.Fault](err)
	switch {
	case err != nil && fault && (f.Kind == scorecard.NoConnection || f.Kind == scorecard.ClosedEarly || f.Kind == scorecard.TooSlow || f.Kind == scorecard.BadTLS):
		// Nothing came in plain text, for whatever reason.
		return Offer{No, scorecard.Words(f.Text)}
	case err != nil:
		return Offer{Unknown, probe.FaultText(err)}
	case r.Status >= 300 && r.Status < 400:
		to, err := bare.Parse(r.Header.Get("Location"))
		if err == nil && to.Scheme == "https" {
			return Offer{Onward, fmt.Sprintf("answers %d and leads to https", r.Status)}
		}
		return Offer{Taken, fmt.Sprintf("answers %d and leads on in plain text", r.Status)}
	case strings.HasPrefix(r.At, "https://"):
		return Offer{Onward, "leads to https"}
	case r.Status >= 400:
		return Offer{No, fmt.Sprintf("answers %d", r.Status)}
	}
	return Offer{Taken, fmt.Sprintf("answers %d", r.Status)}
}

// maxAge reads the header of RFC 6797, section 6.1.
func maxAge(h http.Header) (seconds int64, ok bool) {
	for _, directive := range strings.Split(h.Get("Strict-Transport-Security"), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "max-age") {
			continue
		}
		n, err := strconv.ParseInt(strings.Trim(strings.TrimSpace(value), `"`), 10, 64)
		return max(n, 0), err == nil
	}
	return 0, false
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

func judge(s Seen) scorecard.Finding {
	host := s.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	fails := func(format string, args ...any) scorecard.Finding {
		return scorecard.Found(scorecard.Fails, fmt.Sprintf(format, args...))
	}
	switch {
	case s.Plain:
		return fails("%s is reached over plain http: whoever is on the way can change what is installed", host)
	case s.Certificate != "":
		return fails("no sound TLS connection to %s can be made: %s", host, s.Certificate)
	case s.Old.Answer == Taken:
		return fails("%s still speaks TLS 1.1 or older (%s), which RFC 8996 retires", host, s.Old.Said)
	case s.PlainText.Answer == Taken:
		return fails("%s answers over plain http instead of refusing or leading to https: it %s", host, s.PlainText.Said)
	case !s.HSTS:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("%s speaks %s and sends no Strict-Transport-Security", host, s.Version))
	case s.MaxAge == 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("the Strict-Transport-Security of %s takes itself back: its max-age is 0", host))
	case s.Old.Answer == Unknown:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("whether %s refuses TLS 1.1 could not be told: %s", host, s.Old.Said))
	case s.MaxAge < enough:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("%s speaks %s alone, but its Strict-Transport-Security lasts %d days and not 180", host, s.Version, s.MaxAge/(24*60*60)))
	case s.PlainText.Answer == Unknown:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("%s speaks %s alone, with Strict-Transport-Security; whether it answers in plain text could not be told: %s", host, s.Version, s.PlainText.Said))
	}
	return scorecard.Found(scorecard.Holds, fmt.Sprintf("%s speaks %s, refuses TLS 1.1 and older, sends Strict-Transport-Security for %d days, and plain http is %s",
		host, s.Version, s.MaxAge/(24*60*60), s.PlainText.Answer))
}
