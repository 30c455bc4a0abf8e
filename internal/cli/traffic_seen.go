package cli

import (
	"cmp"
	"context"
	"slices"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// trafficSeen is what was asked for in the last days: what was let through, as
// the fetches say, and what was refused, as the verdicts do.
type trafficSeen struct {
	days     int // that were gone through, today among them
	rows     int
	versions map[assay.Coordinate]*versionSeen
	names    map[string]string // principals, each kept once
}

// versionSeen is what was asked for of one version.
type versionSeen struct {
	at        assay.Coordinate
	downloads int64
	parts     []partSeen
}

// partSeen is what one principal asked for on one day.
type partSeen struct {
	moment    int64 // Unix seconds: when it is judged
	principal string
	count     int64
}

type packageSeen struct {
	at        assay.Coordinate
	downloads int64
	versions  []*versionSeen
}

func (t *trafficSeen) add(at assay.Coordinate, principal string, moment time.Time, count int64) {
	v := t.versions[at]
	if v == nil {
		v = &versionSeen{at: at}
		t.versions[at] = v
	}
	name, known := t.names[principal]
	if !known {
		name = principal
		t.names[principal] = name
	}
	v.downloads += count
	v.parts = append(v.parts, partSeen{moment.Unix(), name, count})
	t.rows++
}

// byDownloads returns the packages, the most downloaded first, and so their
// versions.
func (t *trafficSeen) byDownloads() []*packageSeen {
	by := map[assay.Coordinate]*packageSeen{}
	var out []*packageSeen
	for at, v := range t.versions {
		p := by[at.Package()]
		if p == nil {
			p = &packageSeen{at: at.Package()}
			by[p.at] = p
			out = append(out, p)
		}
		p.versions = append(p.versions, v)
		p.downloads += v.downloads
	}
	for _, p := range out {
		slices.SortFunc(p.versions, func(a, b *versionSeen) int {
			return cmp.Or(cmp.Compare(b.downloads, a.downloads), cmp.Compare(a.at.Version, b.at.Version))
		})
	}
	slices.SortFunc(out, func(a, b *packageSeen) int {
		return cmp.Or(cmp.Compare(b.downloads, a.downloads), cmp.Compare(a.at.String(), b.at.String()))
	})
	return out
}

// gatherTraffic reads the traffic of the last days, the newest day first, at
// most so many rows.
func (c *control) gatherTraffic(ctx context.Context, days, most int) (*trafficSeen, error) {
	seen := &trafficSeen{versions: map[assay.Coordinate]*versionSeen{}, names: map[string]string{}}
	now, parse := c.house.now().UTC(), versions()
	for left := most; seen.days < days && left > 0; seen.days++ {
		day := dayBefore(now, seen.days)
		// Of a fetch the day alone is known. What was let through is judged
		// at the day's end, when the least is held back for its age: nothing
		// is called newly refused that was not.
		end := now
		if seen.days > 0 {
			midnight, err := time.Parse(time.DateOnly, day)
			if err != nil {
				return nil, assay.Wrap(assay.Internal, err, "the day %s cannot be read", day)
			}
			end = midnight.Add(24*time.Hour - time.Second)
		}
		n, err := c.fetchesOf(ctx, day, left, func(f *store.Fetch) {
			if at, ok := parse(f.Coordinate); ok {
				seen.add(at, f.Principal, end, f.Count)
			}
		})
		if err != nil {
			return nil, err
		}
		if left -= n; left <= 0 {
			continue
		}
		if n, err = c.gatherRefusals(ctx, day, left, seen); err != nil {
			return nil, err
		}
		left -= n
	}
	return seen, nil
}

// gatherRefusals adds what was refused on a day. Every rule that refused a
// request has a row that counts it, so the largest of them is how often.
func (c *control) gatherRefusals(ctx context.Context, day string, most int, seen *trafficSeen) (int, error) {
	type asked struct {
		at        assay.Coordinate
		principal string
	}
	type times struct {
		count int64
		last  time.Time
	}
	refused, parse := map[asked]times{}, versions()
	n, err := c.verdictsOf(ctx, day, most, func(v *store.Verdict) {
		at, ok := parse(v.Coordinate)
		if !ok || v.Effect != assay.Deny.String() {
			return
		}
		key := asked{at, v.Principal}
		t := refused[key]
		t.count = max(t.count, v.Count)
		if v.Last.After(t.last) {
			t.last = v.Last
		}
		refused[key] = t
	})
	for key, t := range refused {
		seen.add(key.at, key.principal, t.last, t.count)
	}
	return n, err
}
