package server

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/web"
	"assay.invalid/internal/web/errorpage"
)

// form is how an answer is written for whoever asked.
type form uint8

const (
	asText form = iota // the go command and others that say nothing
	asJSON             // package managers and programs
	asHTML             // browsers
)

// formFor reads the Accept header as far as it tells browsers from programs:
// only browsers ask for HTML and not for JSON.
func formFor(r *http.Request) form {
	accept := strings.Join(r.Header["Accept"], ",")
	switch {
	case strings.Contains(accept, "json"), strings.HasPrefix(r.URL.Path, api.Prefix):
		return asJSON
	case strings.Contains(accept, "text/html"):
		return asHTML
	case strings.Contains(accept, "*/*"):
		return asJSON
	}
	return asText
}

// refuse answers with an error of the server's own, in the asker's form and
// in the reason phrase.
func (f *front) refuse(w http.ResponseWriter, r *http.Request, status int, problem *assay.Error) {
	failure := api.NewFailure(problem)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if failure.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(failure.RetryAfter, 10))
	}
	if status != http.StatusNotFound && status != http.StatusInternalServerError {
		ecosystem.SetPhrase(r, status, "Assay: "+failure.Message)
	}
	switch formFor(r) {
	case asJSON:
		api.WriteJSON(w, status, failure)
	case asHTML:
		p := errorpage.Page{Status: status, Title: titleOf(status), Message: failure.Message, Section: sectionOf(r.URL.Path)}
		f.writePage(w, r, status, p.Write)
	default:
		h.Set("Content-Type", "text/plain; charset=utf-8")
		text := failure.Message + "\n"
		h.Set("Content-Length", strconv.Itoa(len(text)))
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text)) // nobody is left to tell
	}
}

// writePage makes the whole page before it begins the answer, so that a
// fault in a template is an error and not half a page.
func (f *front) writePage(w http.ResponseWriter, r *http.Request, status int, write func(io.Writer, web.Frame) error) {
	f.writeFramed(w, r, status, f.frame(r), write)
}

func (f *front) writeFramed(w http.ResponseWriter, r *http.Request, status int, frame web.Frame, write func(io.Writer, web.Frame) error) {
	var page bytes.Buffer
	h := w.Header()
	if err := write(&page, frame); err != nil {
		f.server.log.ErrorContext(r.Context(), "a page cannot be written", "path", clip(r.URL.Path, 500), "error", err)
		status = http.StatusInternalServerError
		page.Reset()
		page.WriteString("Assay failed to write this page; its log says why.\n")
		h.Set("Content-Type", "text/plain; charset=utf-8")
	} else {
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", policyOf(frame))
	}
	// The foot of a page shows the log to who may read it.
	h.Set("Vary", "Accept, Authorization")
	h.Set("Content-Length", strconv.Itoa(page.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // nobody is left to tell
}

func policyOf(frame web.Frame) string {
	if frame.Nonce != "" {
		return web.ContentPolicyWithScript(frame.Nonce)
	}
	return web.ContentPolicy
}

func titleOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return "There is nothing here"
	case http.StatusMisdirectedRequest:
		return "This is not the address of this Assay"
	case http.StatusUnauthorized:
		return "Say who you are"
	case http.StatusForbidden:
		return "You may not read this"
	case http.StatusTooManyRequests:
		return "Too many requests at once"
	case http.StatusLoopDetected:
		return "This Assay asks itself"
	}
	if status >= 500 {
		return "Assay could not answer"
	}
	return "This request cannot be answered"
}
