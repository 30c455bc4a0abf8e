package api

import (
	"context"
	"net/http"
)

// Previewing is Browsing's Preview with a choice of days, and with progress.
// It is for administrators: what it answers speaks of every package.
type Previewing interface {
	PreviewTraffic(ctx context.Context, n NewPreview, progress Progress) (Preview, error)
}

// PreviewDays is over how many days traffic is judged again unless said
// otherwise.
const PreviewDays = 30

// NewPreview asks what a policy file would have done.
type NewPreview struct {
	Text string `json:"text"`
	// Days is how many days of traffic are judged, today among them; 0 is
	// PreviewDays.
	Days int `json:"days,omitempty"`
}

// previewPath is answered with lines of progress, then the preview.
const previewPath = "policy/preview"

func preview(h *Handler, r *http.Request, _ string) (any, error) {
	var n NewPreview
	if err := h.decode(r, &n); err != nil {
		return nil, err
	}
	ctx := h.asker(r)
	return streamed(func(progress Progress) (any, error) { return h.Control.PreviewTraffic(ctx, n, progress) }), nil
}

// PreviewTraffic implements Previewing.
func (c *Client) PreviewTraffic(ctx context.Context, n NewPreview, progress Progress) (Preview, error) {
	return follow[Preview](ctx, c, previewPath, n, progress)
}

// Preview implements Browsing.
func (c *Client) Preview(ctx context.Context, text string) (Preview, error) {
	return c.PreviewTraffic(ctx, NewPreview{Text: text}, nil)
}
