package usage

import (
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// day is a UTC day, counted from 1970-01-01: cheaper to make for each
// request than its text.
type day int64

func dayOf(t time.Time) day {
	seconds := t.Unix()
	d := seconds / 86400
	if seconds%86400 < 0 {
		d--
	}
	return day(d)
}

func (d day) String() string { return time.Unix(int64(d)*86400, 0).UTC().Format(time.DateOnly) }

type fetchKey struct {
	day       day
	version   assay.Coordinate
	principal string
}

// verdictKey has the why id in it, so that every id that was shown is
// written, also where the store keeps one row for several.
type verdictKey struct {
	day       day
	registry  string
	version   assay.Coordinate
	rule      string
	effect    string
	principal string
	why       string
}

type verdict struct {
	count  int64
	reason string
	last   time.Time
}

// whyKey is an explanation that was given out.
type whyKey struct {
	day     day
	version assay.Coordinate
	id      string
}

// tally is rows by key, in the order in which they were first counted.
type tally[K comparable, V any] struct {
	rows  map[K]*V
	order []K
}

// row returns the row of a key, and makes it if need be.
func (t *tally[K, V]) row(key K) *V {
	if row, ok := t.rows[key]; ok {
		return row
	}
	if t.rows == nil {
		t.rows = map[K]*V{}
	}
	row := new(V)
	t.rows[key] = row
	t.order = append(t.order, key)
	return row
}

// dropOldest gives rows up until at most so many are left, and calls fn with
// each.
func (t *tally[K, V]) dropOldest(most int, fn func(*V)) {
	excess := len(t.order) - most
	if excess <= 0 {
		return
	}
	for _, key := range t.order[:excess] {
		fn(t.rows[key])
		delete(t.rows, key)
	}
	t.order = t.order[excess:]
}

// batch is what was counted between two writes.
type batch struct {
	fetches  tally[fetchKey, int64]
	verdicts tally[verdictKey, verdict]
	whys     tally[whyKey, struct{}]
}

func (b *batch) len() int { return len(b.fetches.order) + len(b.verdicts.order) + len(b.whys.order) }

func (b *batch) addFetch(key fetchKey, count int64) { *b.fetches.row(key) += count }

func (b *batch) addVerdict(key verdictKey, v verdict) {
	row := b.verdicts.row(key)
	row.count += v.count
	if !v.last.Before(row.last) {
		row.reason, row.last = v.reason, v.last
	}
}

// absorb adds what was counted later.
func (b *batch) absorb(later *batch) {
	for _, key := range later.fetches.order {
		b.addFetch(key, *later.fetches.rows[key])
	}
	for _, key := range later.verdicts.order {
		b.addVerdict(key, *later.verdicts.rows[key])
	}
	for _, key := range later.whys.order {
		b.whys.row(key)
	}
}

// trim keeps at most so many rows of each sort, and returns how many counts
// were given up.
func (b *batch) trim(most int) (lost int64) {
	b.fetches.dropOldest(most, func(count *int64) { lost += *count })
	b.verdicts.dropOldest(most, func(v *verdict) { lost += v.count })
	b.whys.dropOldest(most, func(*struct{}) { lost++ })
	return lost
}

// explains returns the version that a why id was given for.
func (b *batch) explains(id string) (assay.Coordinate, bool) {
	for i := range b.verdicts.order {
		if key := &b.verdicts.order[i]; key.why == id {
			return key.version, true
		}
	}
	for i := range b.whys.order {
		if key := &b.whys.order[i]; key.id == id {
			return key.version, true
		}
	}
	return assay.Coordinate{}, false
}

func (b *batch) fetchRows() []store.Fetch {
	rows := make([]store.Fetch, 0, len(b.fetches.order))
	for _, key := range b.fetches.order {
		rows = append(rows, store.Fetch{
			Day: key.day.String(), Coordinate: key.version.String(), Principal: key.principal,
			Count: *b.fetches.rows[key],
		})
	}
	return rows
}

func (b *batch) verdictRows() []store.Verdict {
	rows := make([]store.Verdict, 0, len(b.verdicts.order))
	for _, key := range b.verdicts.order {
		v := b.verdicts.rows[key]
		rows = append(rows, store.Verdict{
			Day: key.day.String(), Registry: key.registry, Coordinate: key.version.String(), Rule: key.rule,
			Effect: key.effect, Reason: v.reason, Principal: key.principal, Why: key.why, Count: v.count, Last: v.last,
		})
	}
	return rows
}

func (b *batch) whyRows() []store.Why {
	rows := make([]store.Why, 0, len(b.whys.order))
	for _, key := range b.whys.order {
		rows = append(rows, store.Why{Day: key.day.String(), ID: key.id, Coordinate: key.version.String()})
	}
	return rows
}
