package badregistry

import (
	"net/http"
	"time"
)

// Bounds on guessing. They are low, so that a trial is over soon.
const (
	wrongByAccount = 5
	wrongBySource  = 12
	guessMemory    = 10 * time.Second // wrong answers further apart do not add up
	guessWait      = time.Second
)

// guesses counts wrong passwords, codes and tokens by account and by source:
// by account, because a botnet has many sources; by source, because one
// password can be tried at many accounts.
type guesses struct {
	wrong map[string]*streak
}

type streak struct {
	count int
	last  time.Time
}

func newGuesses() guesses { return guesses{wrong: map[string]*streak{}} }

// throttled refuses while too many answers were wrong. Then a right one is
// refused too: else the refusal would tell the guesser which it was.
func (r *Registry) throttled(source, account string) error {
	if r.sins[NoThrottling] {
		return nil
	}
	if r.over("source "+source, wrongBySource) || account != "" && r.over("account "+account, wrongByAccount) {
		return &refusal{status: http.StatusTooManyRequests, text: "too many wrong attempts: wait a moment", wait: guessWait}
	}
	return nil
}

func (r *Registry) over(key string, most int) bool {
	s := r.guesses.wrong[key]
	if s == nil || s.count < most {
		return false
	}
	if r.now().Sub(s.last) >= guessWait {
		delete(r.guesses.wrong, key)
		return false
	}
	return true
}

// wrong remembers a wrong answer.
func (r *Registry) wrong(source, account string) {
	keys := []string{"source " + source}
	if account != "" {
		keys = append(keys, "account "+account)
	}
	for _, key := range keys {
		s := r.guesses.wrong[key]
		if s == nil || r.now().Sub(s.last) > guessMemory {
			s = &streak{}
			r.guesses.wrong[key] = s
		}
		s.count++
		s.last = r.now()
	}
}
