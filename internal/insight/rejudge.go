package insight

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// settingJudged holds a sum of the digests by which what is stored was last
// judged, so that a start with unchanged lists looks at nothing.
const settingJudged = "insight-judged"

// Judge looks for digests that came onto a list among what is stored, and where
// some left one for what was refused because of them. It has ended when it
// returns.
type Judge func(ctx context.Context, listed []assay.Digest, left bool) error

// Connect names who judges what is stored when a list changes, and has it
// judged by what changed since it was judged last, in whatever process that
// was. It is called once the sources are loaded.
func (s *Service) Connect(ctx context.Context, judge Judge) error {
	s.judging <- struct{}{}
	s.judge = judge
	<-s.judging
	return s.rejudge(ctx)
}

// rejudge has what is stored judged by the lists of digests, where they have
// changed since that was done last.
func (s *Service) rejudge(ctx context.Context) error {
	select {
	case s.judging <- struct{}{}:
		defer func() { <-s.judging }()
	case <-ctx.Done():
		return assay.Wrap(assay.Canceled, context.Cause(ctx), "judging what is stored was given up")
	}
	lists := s.known.Load().lists
	if s.judge == nil {
		return nil
	}
	if slices.Equal(lists, s.judged) {
		return s.judgeAgain(ctx)
	}
	var listed []assay.Digest
	left := false
	now := sumOf(lists)
	if s.judged == nil {
		kept, err := s.judgedBefore(ctx)
		if err != nil {
			return err
		}
		if string(kept) == string(now) {
			s.judged = lists
			return nil
		}
		listed, left = missing(lists, nil), true
	} else {
		listed = missing(lists, s.judged)
		left = len(missing(s.judged, lists)) > 0
	}
	if len(listed) > 0 || left {
		if err := s.judge(ctx, listed, left); err != nil {
			return err
		}
		s.again, s.againAt = append(s.again, listed...), s.o.Now().Add(lag)
		err := s.store.Update(ctx, func(tx store.Tx) error { return tx.PutSetting(ctx, settingJudged, now) })
		if err != nil {
			return err
		}
	}
	s.judged = lists
	return nil
}

// lag is how long after a change of a list what is stored is looked through
// once more: a file whose digest was looked up just before the change may have
// been kept just after what is stored was looked through.
const lag = 20 * time.Second

// judgeAgain does that, once. The caller holds the token of judging.
func (s *Service) judgeAgain(ctx context.Context) error {
	if len(s.again) == 0 || s.o.Now().Before(s.againAt) {
		return nil
	}
	if err := s.judge(ctx, s.again, false); err != nil {
		return err
	}
	s.again = nil
	return nil
}

func (s *Service) judgedBefore(ctx context.Context) (kept []byte, err error) {
	err = s.store.View(ctx, func(tx store.Tx) error {
		kept, err = tx.Setting(ctx, settingJudged)
		return err
	})
	if assay.Is(err, assay.NotFound) {
		return sumOf(nil), nil // nothing was ever listed
	}
	return kept, err
}

// missing are the digests in the lists that others lack.
func missing(lists, others []*badList) []assay.Digest {
	var out []assay.Digest
	for _, l := range lists {
		if slices.Contains(others, l) {
			continue
		}
	digests:
		for d := range l.digests {
			for _, o := range others {
				if _, ok := o.digests[d]; ok {
					continue digests
				}
			}
			out = append(out, d)
		}
	}
	return out
}

// sumOf tells sets of digests apart.
func sumOf(lists []*badList) []byte {
	all := missing(lists, nil)
	slices.Sort(all)
	h := sha256.New()
	for _, d := range slices.Compact(all) {
		_, _ = h.Write([]byte(d + "\n")) // never fails (hash.Hash)
	}
	return h.Sum(nil)
}
