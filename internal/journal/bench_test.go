package journal

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/store"
)

// BenchmarkSequence is one round for the events of one publish.
func BenchmarkSequence(b *testing.B) {
	w := newWorld(b)
	s := w.open()
	for b.Loop() {
		b.StopTimer()
		w.append(1)
		b.StartTimer()
		w.flush(s)
	}
}

// BenchmarkSequenceBatch is one round for a thousand events.
func BenchmarkSequenceBatch(b *testing.B) {
	w := newWorld(b)
	s := w.open()
	for b.Loop() {
		b.StopTimer()
		w.append(1000)
		b.StartTimer()
		w.flush(s)
	}
}

func large(b *testing.B) (*world, *Sequencer) {
	w := newWorld(b)
	s := w.open()
	for range 10 {
		w.append(10_000)
	}
	w.flush(s)
	b.ResetTimer()
	return w, s
}

func BenchmarkVerify100k(b *testing.B) {
	w, _ := large(b)
	for b.Loop() {
		if r := w.verify(nil); !r.Sound() || r.Entries != 100_000 {
			b.Fatalf("%+v", r)
		}
	}
}

func BenchmarkProve100k(b *testing.B) {
	_, s := large(b)
	for i := int64(0); b.Loop(); i++ {
		if _, err := s.Prove(b.Context(), i*7919%100_000, func(store.LogRecord) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPublish is what 16 publishers feel at a time: their event is
// committed, sequenced, and covered by a checkpoint.
func BenchmarkPublish(b *testing.B) {
	w := newWorld(b)
	s := w.open()
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	var mu sync.Mutex
	var took []time.Duration
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			begin := time.Now()
			var id int64
			err := w.db.Update(ctx, func(tx store.Tx) (err error) {
				if err = tx.AppendEvent(ctx, eventOf(0)); err == nil {
					id, err = tx.LastEventID(ctx)
				}
				return err
			})
			if err != nil {
				b.Error(err)
				return
			}
			if _, ok := s.Index(ctx, id, 2*time.Second); !ok {
				b.Error("the log is late")
				return
			}
			mu.Lock()
			took = append(took, time.Since(begin))
			mu.Unlock()
		}
	})
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	slices.Sort(took)
	if len(took) > 0 {
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	}
}
