package api

import (
	"context"
	stdjson "encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

var (
	oneKey    = LogKey{Origin: "packages.example/log", Key: "packages.example/log+00000000+AAAA"}
	onePage   = LogPage{Size: 9, Entries: []LogEntry{{Index: 8, Time: when, Kind: assay.EventBlocked, Subject: "pkg:npm/left", By: "operator", Details: stdjson.RawMessage(`{"reason":"a"}`)}}}
	oneProof  = stdjson.RawMessage(`{"format":"f","hashes":["a+b="]}`)
	oneReport = LogReport{Origin: "o", Entries: 9, Covered: 9, Root: "r", Files: 2, Findings: []LogFinding{{Kind: "leaf", Subject: "entry 1", Message: "a < b"}}}
	oneCopy   = Backup{Directory: "/b", LogEntries: 9, Blobs: 2, Bytes: 3}
)

func (r *recorder) LogKey(context.Context) (LogKey, error) { return oneKey, r.note("log key") }
func (r *recorder) LogEntries(_ context.Context, from int64, limit int) (LogPage, error) {
	return onePage, r.note(from, limit)
}
func (r *recorder) ProveLog(_ context.Context, purl string, index int64) (stdjson.RawMessage, error) {
	return oneProof, r.note(purl, index)
}
func (r *recorder) VerifyLog(_ context.Context, v LogVerification, progress Progress) (LogReport, error) {
	if progress != nil {
		progress(1, 9)
	}
	return oneReport, r.note(v)
}
func (r *recorder) Backup(ctx context.Context, b NewBackup, progress Progress) (Backup, error) {
	if progress != nil {
		progress(1, 2)
	}
	return oneCopy, r.note(assay.PrincipalOf(ctx).ID, b)
}

// logCalls are the methods of Logging and Backing.
var logCalls = []struct {
	name  string
	do    func(context.Context, Control, Progress) (any, error)
	asked []any
	want  any
}{
	{"the key", func(ctx context.Context, c Control, _ Progress) (any, error) { return c.LogKey(ctx) }, []any{"log key"}, oneKey},
	{"entries", func(ctx context.Context, c Control, _ Progress) (any, error) { return c.LogEntries(ctx, 8, 5) }, []any{int64(8), 5}, onePage},
	{"the newest entries", func(ctx context.Context, c Control, _ Progress) (any, error) { return c.LogEntries(ctx, -1, 0) }, []any{int64(-1), 0}, onePage},
	{"too many entries", func(ctx context.Context, c Control, _ Progress) (any, error) { return c.LogEntries(ctx, 0, 1<<30) }, []any{int64(0), MaxLogEntries}, onePage},
	{"a proof by name", func(ctx context.Context, c Control, _ Progress) (any, error) {
		return c.ProveLog(ctx, "pkg:npm/@s/n@1.0.0&x=#?", -1)
	}, []any{"pkg:npm/@s/n@1.0.0&x=#?", int64(-1)}, oneProof},
	{"a proof by index", func(ctx context.Context, c Control, _ Progress) (any, error) { return c.ProveLog(ctx, "", 3) }, []any{"", int64(3)}, oneProof},
	{"a verification", func(ctx context.Context, c Control, p Progress) (any, error) {
		return c.VerifyLog(ctx, LogVerification{Key: "k"}, p)
	}, []any{LogVerification{Key: "k"}}, oneReport},
	{"a backup", func(ctx context.Context, c Control, p Progress) (any, error) {
		return c.Backup(ctx, NewBackup{Directory: "/b", WithKey: true}, p)
	}, []any{"operator", NewBackup{Directory: "/b", WithKey: true}}, oneCopy},
}

func TestLogCallsArriveAndAreAnswered(t *testing.T) {
	for _, c := range logCalls {
		t.Run(c.name, func(t *testing.T) {
			behind := &recorder{}
			client, _ := serveControl(t, behind, FromSocket)
			var told []int64
			got, err := c.do(t.Context(), client, func(done, total int64) { told = append(told, done, total) })
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("answered %+v, %v; want %+v", got, err, c.want)
			}
			if !reflect.DeepEqual(behind.asked, c.asked) {
				t.Errorf("asked for %+v; want %+v", behind.asked, c.asked)
			}
			if long := strings.HasPrefix(c.name, "a verification") || c.name == "a backup"; long != (len(told) == 2) {
				t.Errorf("told %v of the progress", told)
			}
		})
	}
}

func TestLogCallsKeepTheKindOfAnError(t *testing.T) {
	for _, c := range logCalls {
		t.Run(c.name, func(t *testing.T) {
			client, _ := serveControl(t, &recorder{err: assay.Errorf(assay.Conflict, "two at a time")}, FromSocket)
			_, err := c.do(t.Context(), client, nil)
			if !assay.Is(err, assay.Conflict) || assay.PublicMessage(err) != "two at a time" {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheLogIsAskedForByAdministratorsAlone(t *testing.T) {
	for _, c := range logCalls {
		t.Run(c.name, func(t *testing.T) {
			behind := &recorder{}
			client, _ := serveControl(t, behind, FromNetwork)
			if _, err := c.do(t.Context(), client, nil); !assay.Is(err, assay.Unauthenticated) || len(behind.asked) != 0 {
				t.Errorf("%v, after %v was asked", err, behind.asked)
			}
		})
	}
}

// An administrator's token, stolen from a pipeline, must not write files on
// the server.
func TestNoBackupIsMadeFromTheNetwork(t *testing.T) {
	behind := &recorder{}
	h := &Handler{Control: behind, Reach: FromNetwork}
	r, err := http.NewRequestWithContext(assay.WithPrincipal(t.Context(), assay.Principal{ID: "t-1", Admin: true}),
		http.MethodPost, Prefix+"backup", strings.NewReader(`{"directory":"/b"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	w := &answerRecorder{header: http.Header{}}
	h.ServeHTTP(w, r)
	if w.status != http.StatusForbidden || len(behind.asked) != 0 {
		t.Errorf("status %d, asked %v", w.status, behind.asked)
	}
}

type answerRecorder struct {
	header http.Header
	status int
}

func (w *answerRecorder) Header() http.Header         { return w.header }
func (w *answerRecorder) Write(p []byte) (int, error) { return len(p), nil }
func (w *answerRecorder) WriteHeader(status int)      { w.status = status }

func TestAVerificationThatTheServerDidNotFinishIsNoResult(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":             "",
		"progress alone":      `{"progress":{"done":1,"total":2}}` + "\n",
		"half a line":         `{"result":{"sound":tr`,
		"a result of another": `{"result":[]}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			client := NewClient(&http.Client{Transport: answering(body)}, "http://packages.example")
			if report, err := client.VerifyLog(t.Context(), LogVerification{}, nil); err == nil || report.Sound {
				t.Errorf("%+v, %v", report, err)
			}
		})
	}
}

// answering answers each request with a body.
type answering string

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}
