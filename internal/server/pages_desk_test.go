package server

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

// clerk is a control with something on the desk of each of two people.
type clerk struct {
	fakeControl
	failed error
}

func (c *clerk) Held(ctx context.Context, all bool) ([]api.Held, error) {
	held := []api.Held{{ID: "h-mine", Version: "pkg:npm/lodahs@1.0.0", By: "r1", At: noon, Finding: assay.NameFinding{Class: "transposition", Target: "lodash"}, State: "waiting"}}
	if assay.PrincipalOf(ctx).Admin {
		held = append(held, api.Held{ID: "h-theirs", Version: "pkg:npm/" + privateName + "x@1.0.0", By: "t2", At: noon, Finding: assay.NameFinding{Class: "insertion", Target: privateName}, State: "appealed", Appeal: "ours"})
	}
	if all {
		held = append(held, api.Held{ID: "h-old", Version: "not a package URL", By: "r1", At: noon, State: "refused", Answer: "too close", AnsweredBy: "operator"})
	}
	return held, c.failed
}

func (c *clerk) Reports(_ context.Context, all bool) ([]api.Report, error) {
	reports := []api.Report{{ID: "r-open", Version: "pkg:npm/left@1.0.0", Reason: "it phones <b>home</b>", By: "r1", At: noon}}
	if all {
		reports = append(reports, api.Report{ID: "r-old", Version: "pkg:npm/left@0.9.0", Reason: "odd", By: "r1", At: noon, Closed: noon, Answer: "looked at", AnsweredBy: "operator"})
	}
	return reports, nil
}

func TestTheDesksPage(t *testing.T) {
	config := Config{Control: &clerk{}, Auth: twoTokens{}, Places: map[string]http.Handler{"npm": http.HandlerFunc(echo)}}
	addr := start(t, config).addr
	const admin, reader = "Authorization: Bearer admin", "Authorization: Bearer reader"
	_, body := get(t, addr, "/admin/desk", browser, admin)
	page := served(t, body)
	page.Has("What waits for an administrator", "h-mine", "h-theirs", "lodash", "it phones <b>home</b>", "assay held release ID")
	page.Lacks("h-old", "r-old")
	_, body = get(t, addr, "/admin/desk?all=yes", browser, admin)
	served(t, body).Has("h-old", "too close by operator", "r-old", "looked at")
	_, body = get(t, addr, "/admin/desk", browser, reader)
	page = served(t, body)
	page.Has("What you sent", "h-mine", "assay held appeal ID")
	page.Lacks("h-theirs", "vaultworks", "assay held release")

	for _, tt := range []struct {
		name, request string
		status        int
		says          string
	}{
		{"nobody known", "GET /admin/desk HTTP/1.1\n" + browser, 401, "carries no token"},
		{"a wrong token", "GET /admin/desk HTTP/1.1\nAuthorization: Bearer guess\n" + browser, 401, "not known"},
		{"a write", "POST /admin/desk HTTP/1.1\nContent-Length: 0\n" + admin + "\n" + browser, 405, "only be read"},
		{"what is below", "GET /admin/desk/h-mine HTTP/1.1\n" + admin + "\n" + browser, 404, ""},
		{"what is above", "GET /admin HTTP/1.1\n" + admin + "\n" + browser, 404, ""},
		{"a program", "GET /admin/desk HTTP/1.1\nAccept: application/json\n" + admin, 200, `"id":"h-theirs"`},
	} {
		first, rest, _ := strings.Cut(tt.request, "\n")
		resp, body := ask(t, addr, first+"\nHost: $HOST\nConnection: close\n"+rest+"\n\n")
		if resp.StatusCode != tt.status || !strings.Contains(body, tt.says) || tt.status >= 400 && strings.Contains(body, "vaultworks") {
			t.Errorf("%s: %s %q", tt.name, resp.Status, body)
		}
	}
	config.Control = &clerk{failed: assay.Errorf(assay.Internal, "the disk is gone")}
	if resp, _ := get(t, start(t, config).addr, "/admin/desk", browser, admin); resp.StatusCode != 500 {
		t.Errorf("a fault: %s", resp.Status)
	}
}
