package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"assay.invalid/internal/assay"
)

// Holding answers publications that were held because the name of their
// package looks like another's. Whoever sent one may see it and say why its
// name is right; to release or to refuse it is an administrator's.
type Holding interface {
	// Held lists what is held, the newest first: for an administrator
	// everything, for others what they sent. With all, those that were
	// answered too.
	Held(ctx context.Context, all bool) ([]Held, error)
	// ReleaseHeld publishes what is held, as the one who sent it would have.
	ReleaseHeld(ctx context.Context, a HeldAnswer) (HeldRelease, error)
	// RefuseHeld refuses it for good.
	RefuseHeld(ctx context.Context, a HeldAnswer) (Held, error)
	// AppealHeld keeps what its publisher says to it.
	AppealHeld(ctx context.Context, a HeldAnswer) (Held, error)
}

// Held is a publication that waits for an administrator, or waited.
type Held struct {
	ID      string    `json:"id"`
	Version string    `json:"version"` // package URL
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	// Finding says what its name looks like.
	Finding assay.NameFinding `json:"finding"`
	Files   []HeldFile        `json:"files"`
	// State is waiting, appealed, released or refused.
	State      string    `json:"state"`
	Appeal     string    `json:"appeal,omitempty"`
	Answer     string    `json:"answer,omitempty"`
	AnsweredBy string    `json:"answered_by,omitempty"`
	Answered   time.Time `json:"answered,omitzero"`
}

// HeldFile is one file of a publication that is held.
type HeldFile struct {
	Name string       `json:"name"`
	Blob assay.Digest `json:"blob"`
	Size int64        `json:"size_bytes"`
}

// HeldRelease is a publication that was released.
type HeldRelease struct {
	Held
	// LogIndex is the publication's place in the log; -1 where the log was
	// late, which changes nothing about the publication.
	LogIndex int64 `json:"log_index"`
}

// HeldAnswer says something to a publication that is held.
type HeldAnswer struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// Held implements Holding.
func (c *Client) Held(ctx context.Context, all bool) ([]Held, error) {
	return call[[]Held](ctx, c, http.MethodGet, "held", everything(all), nil)
}

// ReleaseHeld implements Holding.
func (c *Client) ReleaseHeld(ctx context.Context, a HeldAnswer) (HeldRelease, error) {
	return call[HeldRelease](ctx, c, http.MethodPost, "held/release", nil, a)
}

// RefuseHeld implements Holding.
func (c *Client) RefuseHeld(ctx context.Context, a HeldAnswer) (Held, error) {
	return call[Held](ctx, c, http.MethodPost, "held/refuse", nil, a)
}

// AppealHeld implements Holding.
func (c *Client) AppealHeld(ctx context.Context, a HeldAnswer) (Held, error) {
	return call[Held](ctx, c, http.MethodPost, "held/appeal", nil, a)
}

func held(h *Handler, r *http.Request, _ string) (any, error) {
	all, err := wantsAll(r)
	if err != nil {
		return nil, err
	}
	return h.Control.Held(h.asker(r), all)
}

func releaseHeld(h *Handler, r *http.Request, _ string) (any, error) {
	return answerHeld(h, r, h.Control.ReleaseHeld)
}

func refuseHeld(h *Handler, r *http.Request, _ string) (any, error) {
	return answerHeld(h, r, h.Control.RefuseHeld)
}

func appealHeld(h *Handler, r *http.Request, _ string) (any, error) {
	return answerHeld(h, r, h.Control.AppealHeld)
}

func answerHeld[T any](h *Handler, r *http.Request, answer func(context.Context, HeldAnswer) (T, error)) (any, error) {
	var a HeldAnswer
	if err := h.decode(r, &a); err != nil {
		return nil, err
	}
	if a.ID == "" {
		return nil, assay.Errorf(assay.Invalid, "say which publication, by its id")
	}
	return answer(h.asker(r), a)
}

// allArgument asks for what was answered too.
var allArgument = argument{name: "all", meaning: "yes: those that were answered too; only those that wait if left out"}

// everything is the query that asks for it.
func everything(all bool) url.Values {
	if !all {
		return nil
	}
	return url.Values{allArgument.name: {"yes"}}
}

func wantsAll(r *http.Request) (bool, error) {
	for name, values := range r.URL.Query() {
		// A misspelt one would quietly show less than was asked for.
		if name != allArgument.name || len(values) != 1 || values[0] != "yes" {
			return false, assay.Errorf(assay.Invalid, "the list takes all=yes and nothing else")
		}
	}
	return r.URL.Query().Has(allArgument.name), nil
}
