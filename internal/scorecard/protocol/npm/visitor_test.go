package npm

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
)

// visitor is a plain one for tests: it asks one host, follows nothing and
// keeps what was asked.
type visitor struct {
	host   string
	client *http.Client

	mu    sync.Mutex
	asked []scorecard.Request
}

func (v *visitor) Do(ctx context.Context, r scorecard.Request) (scorecard.Response, error) {
	v.mu.Lock()
	v.asked = append(v.asked, r)
	v.mu.Unlock()
	u, err := url.Parse(r.URL)
	if err != nil || u.Host != v.host {
		return scorecard.Response{}, &scorecard.Fault{Kind: scorecard.NotAllowed, Text: "the run may not visit " + u.Host, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return scorecard.Response{}, &scorecard.Fault{Kind: scorecard.NotAllowed, Text: "no address", Err: err}
	}
	req.Header = r.Header.Clone()
	res, err := v.client.Do(req)
	if err != nil {
		return scorecard.Response{}, &scorecard.Fault{Kind: scorecard.NoConnection, Text: "no answer from " + u.Host, Err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, r.Limit+1))
	switch {
	case err != nil:
		return scorecard.Response{}, &scorecard.Fault{Kind: scorecard.ClosedEarly, Text: "the answer was cut", Err: err}
	case int64(len(body)) > r.Limit:
		return scorecard.Response{}, &scorecard.Fault{Kind: scorecard.TooBig, Text: fmt.Sprintf("the answer is bigger than %d bytes", r.Limit)}
	}
	return scorecard.Response{Status: res.StatusCode, Header: res.Header, Body: body, At: r.URL}, nil
}

// tokensSeen are the hosts that an Authorization header went to.
func (v *visitor) tokensSeen() map[string]bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	seen := map[string]bool{}
	for _, r := range v.asked {
		if u, err := url.Parse(r.URL); err == nil && r.Header.Get("Authorization") != "" {
			seen[u.Host] = true
		}
	}
	return seen
}

func serve(t *testing.T, h http.Handler) (*acts, *visitor, string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{host: u.Host, client: &http.Client{
		Timeout:       5 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	opened, ok := New().Open(s.URL+"/npm", v).(*acts)
	if !ok {
		t.Fatal("Open made something else")
	}
	return opened, v, s.URL + "/npm/"
}
