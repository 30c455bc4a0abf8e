package npm

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/ecosystem"
)

// slowAudits is a repository whose upstream takes its time.
type slowAudits struct {
	*fakeRepository
	asked, answer chan struct{}
}

func (s *slowAudits) Pass(ctx context.Context, p ecosystem.Passage) (*ecosystem.Content, error) {
	s.asked <- struct{}{}
	<-s.answer
	return s.fakeRepository.Pass(ctx, p)
}

// Bodies that wait for the upstream have one bound together, and what was
// given back can be taken again.
func TestAuditsTogetherAreBounded(t *testing.T) {
	limited := adapter{limits: defaultLimits()}
	limited.limits.audits = 1500
	repo := &slowAudits{fakeRepository: newFake(t), asked: make(chan struct{}), answer: make(chan struct{})}
	place := limited.Handler(repo)
	body := zipped(t, `{"a":["`+strings.Repeat("1", 1000)+`"]}`)
	ask := func() (int, string) {
		resp, text := askHandler(t, place, http.MethodPost, "/-/"+pathBulk, body, "Content-Encoding", "gzip")
		return resp.StatusCode, text
	}
	for range 3 {
		first := make(chan int, 1)
		go func() {
			status, _ := ask()
			first <- status
		}()
		<-repo.asked
		if status, text := ask(); status != http.StatusServiceUnavailable || !strings.Contains(text, "too many audits") {
			t.Errorf("a second body while the first waits: %d %s", status, text)
		}
		repo.answer <- struct{}{}
		if status := <-first; status != http.StatusOK {
			t.Errorf("the first: %d", status)
		}
	}
	if held := place.(*handler).audits.held.Load(); held != 0 {
		t.Errorf("%d bytes are still held", held)
	}
}
