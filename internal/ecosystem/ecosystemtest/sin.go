package ecosystemtest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// Sin is one way in which an upstream has a bad day.
type Sin int

// The sins. What an upstream does to its packages, rather than to an answer,
// is a method of the fake: Withdraw, Rewrite, Publish with an odd date.
const (
	Honest             Sin = iota
	WrongBytes             // one byte differs; the length is right
	Truncated              // the announced length is right, the body ends half-way
	ShortButConsistent     // half a body, announced as such
	HangsBeforeHeader      // the request is taken, nothing comes
	HangsInBody            // half a body comes, then nothing
	ServerError            // 500
	Overloaded             // 503 with Retry-After
	Garbage                // 200, and a body that is not what it says
	HTMLPage               // 200, and a page made for browsers
	EndlessBody            // a body that never ends, of unannounced length
	FiveGigabytes          // a body announced as 5 GB
	DuplicateKeys          // every key of the JSON object stands there twice
	CaseVariantKeys        // every key stands there once more, in other case
	NoDates                // the JSON document has lost its times
	FutureDates            // the JSON document's times lie a year ahead
	Missing                // 404 for what is there
	RedirectsToPrivate     // 302 to a loopback address of another port
	RedirectsToMapped      // the same address, written as IPv4-mapped IPv6
	RedirectsForEver       // 302 to itself
	Slow                   // the right body, in small pieces
)

var sinNames = map[Sin]string{
	Honest: "honest", WrongBytes: "wrong bytes", Truncated: "a truncated body",
	ShortButConsistent: "a short body with a consistent length", HangsBeforeHeader: "a hang before the header",
	HangsInBody: "a hang in the body", ServerError: "a 500", Overloaded: "a 503", Garbage: "garbage",
	HTMLPage: "a 200 with an HTML page", EndlessBody: "an endless body", FiveGigabytes: "a body of 5 GB",
	DuplicateKeys: "duplicate JSON keys", CaseVariantKeys: "case-variant JSON keys", NoDates: "no dates",
	FutureDates: "dates in the future", Missing: "a 404", RedirectsToPrivate: "a redirect to a private address",
	RedirectsToMapped: "a redirect to an IPv4-mapped private address", RedirectsForEver: "a redirect to itself",
	Slow: "a slow body",
}

func (s Sin) String() string { return sinNames[s] }

// TrapPath is the path that the redirecting sins lead to.
const TrapPath = "/trap/"

// commit answers in a sinful way and returns true, or changes the answer in
// place and returns false. Hanging ends with ctx.
func (s Sin) commit(ctx context.Context, w http.ResponseWriter, r *http.Request, a *answered, trap string) bool {
	switch s {
	case Honest:
	case WrongBytes:
		a.body = bytes.Clone(a.body)
		if len(a.body) > 0 {
			a.body[len(a.body)/2] ^= 0x20
		}
	case ShortButConsistent:
		a.body = a.body[:len(a.body)/2]
	case Truncated:
		a.writeHeader(w, int64(len(a.body)))
		w.Write(a.body[:len(a.body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // the connection closes under the client
	case HangsBeforeHeader:
		<-ctx.Done()
		panic(http.ErrAbortHandler)
	case HangsInBody:
		a.writeHeader(w, int64(len(a.body)))
		w.Write(a.body[:len(a.body)/2])
		http.NewResponseController(w).Flush()
		<-ctx.Done()
		panic(http.ErrAbortHandler)
	case ServerError:
		http.Error(w, "the fake has a bad day", http.StatusInternalServerError)
		return true
	case Overloaded:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the fake is overloaded", http.StatusServiceUnavailable)
		return true
	case Garbage:
		a.body = append([]byte("{\"versions\": {\"1.0.0\": \x00\xff"), bytes.Repeat([]byte("garbage "), 64)...)
	case HTMLPage:
		a.header.Set("Content-Type", "text/html; charset=utf-8")
		a.body = []byte("<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in to the network.</body></html>\n")
	case EndlessBody:
		endless(ctx, w, a, -1)
		return true
	case FiveGigabytes:
		endless(ctx, w, a, 5<<30)
		return true
	case DuplicateKeys:
		a.body = repeatKeys(a.body, func(key string) string { return key })
	case CaseVariantKeys:
		a.body = repeatKeys(a.body, otherCase)
	case NoDates:
		a.body = changeDates(a.body, func(string) any { return nil })
	case FutureDates:
		ahead := time.Now().AddDate(1, 0, 0).UTC().Format(time.RFC3339)
		a.body = changeDates(a.body, func(string) any { return ahead })
	case Missing:
		http.NotFound(w, r)
		return true
	case RedirectsToPrivate:
		http.Redirect(w, r, "http://"+trap+TrapPath, http.StatusFound)
		return true
	case RedirectsToMapped:
		port := trap[strings.LastIndexByte(trap, ':'):]
		http.Redirect(w, r, "http://[::ffff:127.0.0.1]"+port+TrapPath, http.StatusFound)
		return true
	case RedirectsForEver:
		http.Redirect(w, r, r.URL.String(), http.StatusFound)
		return true
	case Slow:
		slowly(ctx, w, a)
		return true
	}
	return false
}

// endless writes filler for as long as the client takes it, and at the most
// the given number of bytes.
func endless(ctx context.Context, w http.ResponseWriter, a *answered, size int64) {
	if size >= 0 {
		a.writeHeader(w, size)
	} else {
		w.Header().Set("Content-Type", a.header.Get("Content-Type"))
		w.WriteHeader(http.StatusOK)
	}
	filler := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	for sent := int64(0); size < 0 || sent+int64(len(filler)) <= size; sent += int64(len(filler)) {
		if ctx.Err() != nil {
			return
		}
		if _, err := w.Write(filler); err != nil {
			return
		}
	}
}

func slowly(ctx context.Context, w http.ResponseWriter, a *answered) {
	a.writeHeader(w, int64(len(a.body)))
	flush := http.NewResponseController(w).Flush
	piece := len(a.body)/20 + 1
	for rest := a.body; len(rest) > 0; {
		n := min(piece, len(rest))
		w.Write(rest[:n])
		flush()
		rest = rest[n:]
		select {
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// repeatKeys writes each member of a JSON object twice, the second time under
// the changed key. Libraries differ in which of the two they believe.
func repeatKeys(object []byte, change func(string) string) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return object
	}
	var b bytes.Buffer
	b.WriteByte('{')
	first := true
	for key, value := range members {
		for _, k := range []string{key, change(key)} {
			if !first {
				b.WriteByte(',')
			}
			first = false
			quoted, _ := json.Marshal(k) // a string always encodes
			b.Write(quoted)
			b.WriteByte(':')
			b.Write(value)
		}
	}
	b.WriteByte('}')
	return b.Bytes()
}

func otherCase(key string) string {
	runes := []rune(key)
	if len(runes) > 0 && unicode.IsUpper(runes[0]) {
		return strings.ToLower(key)
	}
	return strings.ToUpper(key)
}

// changeDates replaces the dates of a packument ("time") or of a module's
// .info ("Time"); nil removes them.
func changeDates(document []byte, date func(version string) any) []byte {
	var members map[string]any
	if json.Unmarshal(document, &members) != nil {
		return document
	}
	if times, ok := members["time"].(map[string]any); ok {
		for version := range times {
			if d := date(version); d != nil {
				times[version] = d
			} else {
				delete(times, version)
			}
		}
	}
	if _, ok := members["Time"]; ok {
		if d := date(""); d != nil {
			members["Time"] = d
		} else {
			delete(members, "Time")
		}
	}
	changed, err := json.Marshal(members)
	if err != nil {
		return document
	}
	return changed
}
