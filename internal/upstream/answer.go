package upstream

import (
	"net/http"

	"assay.invalid/internal/assay"
)

// answer makes a Response of a header, or says why it cannot be one. left
// says that a redirect led away from where the target is.
func (x *exchange) answer(t *target, h *hop, left bool) (*Response, *failure) {
	resp, cfg := h.resp, &x.c.cfg
	if id := resp.Header.Get("Assay-Instance"); id != "" && id == cfg.InstanceID {
		h.drop()
		err := assay.Errorf(assay.Unsound, "the upstream address %s is Assay itself; set another one", h.host)
		err.Status = resp.StatusCode
		return nil, &failure{err: err, verdict: sound}
	}
	status := resp.StatusCode
	handed := status == http.StatusOK || status == http.StatusNotFound || status == http.StatusGone ||
		status == http.StatusNotModified && x.req.conditional() ||
		x.req.AnyStatus && status >= 200 && status < 500 && status != http.StatusNotModified
	absent := status == http.StatusNotFound || status == http.StatusGone
	switch {
	case !handed:
		return nil, x.refusal(resp, h.host, x.words(h))
	case absent && t.standIn:
		h.drop()
		err := assay.Errorf(assay.Unavailable, "the mirror %s does not have it, and only the main address could say that it does not exist; try again later", h.host)
		err.Status = status
		return nil, &failure{err: err, again: true, verdict: sound}
	case status == http.StatusOK && resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 && x.req.Method != http.MethodHead:
		// Such a body ends where the connection ends, for whatever reason:
		// half a list of versions would look like the whole.
		h.drop()
		err := assay.Errorf(assay.Unsound, "the answer of %s has neither a length nor an end mark, so that half of it would look like the whole", h.host)
		err.Status = status
		return nil, &failure{err: err, verdict: sound}
	}
	return x.hand(t, h, left)
}

// hand makes the Response. From then on the end of its body settles the
// breaker and frees the slot.
func (x *exchange) hand(t *target, h *hop, left bool) (*Response, *failure) {
	resp := h.resp
	out := newResponse(resp.StatusCode, resp.Header, t.address)
	handed := false
	var early *verdict // how the body ended before it was handed out
	settle := func(v verdict) {
		if left && v == faulty {
			v = alive // somebody else's failure
		}
		x.settle(t, v, h.host+" broke off in the middle of an answer")
		x.release()
	}
	end := func(v verdict) {
		h.cancel(errDone)
		if handed {
			settle(v)
		} else {
			early = &v
		}
	}
	if x.req.Method == http.MethodHead || resp.Body == http.NoBody {
		out.Body = http.NoBody
		if out.Size = resp.ContentLength; x.req.Method != http.MethodHead {
			out.Size = 0
		} else if resp.Header.Get("Content-Encoding") != "" && x.req.Compressed {
			out.Size = -1
		}
		h.drop()
		settle(sound)
		return out, nil
	}
	b, zipped, failed := x.open(h, end)
	if failed != nil {
		return nil, failed
	}
	out.Size = resp.ContentLength
	if zipped {
		out.Size = -1
		out.Header.Del("Content-Encoding")
		out.Header.Del("Content-Length")
	}
	out.Body = b
	if out.Status != http.StatusOK {
		var err error
		if out.Body, err = readAhead(b); err != nil {
			return nil, &failure{err: asError(err), again: *early == faulty, verdict: *early}
		}
	}
	handed = true
	if early != nil {
		settle(*early)
	} else if t.breaker != nil {
		t.breaker.answered()
	}
	return out, nil
}
