package golang

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// What the go command shows of an error's body (cmd/go/internal/web): at most
// so many lines and bytes, up to the first blank line, and nothing at all if
// one character is not graphic. Between lines it counts two bytes of its own.
const (
	maxLines = 8
	maxBytes = 648
)

// refuse writes an error. head goes before the refusal's own lines.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error, subject assay.Coordinate, head ...string) {
	refusal := ecosystem.NewRefusal(r.Context(), h.repo, err, subject)
	status := refusal.Status
	// At 404 and 410 the go command tries the next entry of GOPROXY: only
	// what does not exist may say so, never a refusal or an outage.
	if (status == http.StatusNotFound || status == http.StatusGone) && !assay.Is(err, assay.NotFound) {
		status = http.StatusForbidden
	}
	if refusal.RetryAfter > 0 {
		seconds := (refusal.RetryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	lines := refusal.Lines
	if len(lines) == 0 {
		lines = []string{refusal.Message}
	}
	if refusal.Phrase != "" {
		ecosystem.SetPhrase(r, status, refusal.Phrase)
	}
	writeText(w, r, status, append(head[:len(head):len(head)], lines...))
}

func writeText(w http.ResponseWriter, r *http.Request, status int, lines []string) {
	body := fit(lines)
	header := w.Header()
	header.Set("Content-Type", textType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store") // a refusal ends when the policy says so
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		// A client that has gone away cannot be told anything.
		_, _ = io.WriteString(w, body)
	}
}

// fit makes lines into a body that the go command shows whole. Where it is
// too long, the longest lines are shortened, and the last (the link to the
// explanation) only when nothing else is left to shorten.
func fit(lines []string) string {
	kept := make([]string, 0, len(lines))
	for _, line := range lines {
		if line = graphic(line); line != "" {
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		kept = []string{"Assay failed to answer; its log says why"}
	}
	if len(kept) > maxLines {
		kept = append(kept[:maxLines-1], kept[len(kept)-1])
	}
	const least = 40
	for {
		excess := -maxBytes
		for _, line := range kept {
			excess += len(line) + 2
		}
		if excess <= 0 {
			return strings.Join(kept, "\n") + "\n"
		}
		longest := 0
		for i, line := range kept[:len(kept)-1] {
			if len(line) > len(kept[longest]) {
				longest = i
			}
		}
		if len(kept[longest]) <= least {
			longest = len(kept) - 1
		}
		kept[longest] = clip(kept[longest], max(least, len(kept[longest])-excess))
	}
}

// graphic keeps the characters that the go command shows.
func graphic(line string) string {
	line = strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return '?'
	}, ecosystem.Printable(strings.ToValidUTF8(line, "?")))
	return strings.TrimSpace(line)
}

// clip shortens to n bytes at most, on a boundary between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.TrimSpace(strings.ToValidUTF8(s[:n-3], "")) + "..."
}
