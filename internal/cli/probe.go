package cli

import (
	"context"
	"errors"
	"net/http"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
	"assay.invalid/internal/upstream"
)

// isOurselves asks an origin for its front page. Every outgoing request
// carries our instance id, and a server that is asked with its own answers
// 508; anything else, an outage too, is somebody else.
func (r *serving) isOurselves(ctx context.Context, o store.Origin) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	resp, err := r.house.client.Do(ctx, upstream.Origin{Address: o.Address}, upstream.Request{Method: http.MethodGet, AnyStatus: true})
	if err == nil {
		resp.Body.Close()
		return false
	}
	var e *assay.Error
	return errors.As(err, &e) && e.Status == http.StatusLoopDetected
}
