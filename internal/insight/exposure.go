package insight

import (
	"context"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// Exposure says what here had something, and who fetched it.
type Exposure struct {
	Subject    string
	Advisories []string           // ids of the records that the subject means; nil for a pattern
	Packages   []assay.Coordinate // that were looked for, as many as are named; nil for a pattern of many
	// RecordsSince is the first day of which fetches are recorded, "" if
	// there is none: what was fetched before is not known.
	RecordsSince string
	Versions     []Exposed
	More         bool // there are more versions than are told
}

// Exposed is a version that was here.
type Exposed struct {
	Version     assay.Coordinate
	Hosted      bool      // it was published here
	PublishedBy string    // by whom
	Stored      int       // files of it that are kept here now
	Gone        int       // files that were, and whose bytes are not kept any more
	First       time.Time // when the first of them came
	Last        time.Time // when one was used last, to the minute or so; zero if that is not known
	Fetches     []Fetched // by day, then by principal
}

// Fetched is how often a principal fetched a version on a day.
type Fetched struct {
	Day       string
	Principal string // "": nobody said who they were
	Count     int64
}

// Bounds of one answer.
const (
	maxExposed      = 10_000
	maxFetches      = 100_000
	recordedDays    = 800 // how far back days are looked for
	packagesAtOnce  = 500
	fetchesAtOnce   = 1000
	packagesNamed   = 1000
	advisoryIDBytes = 128
)

// wanted tells which versions an exposure is about.
type wanted struct {
	packages []assay.Coordinate // none: those that match
	pattern  assay.Pattern
	concerns func(c assay.Coordinate) bool
}

// Exposure looks for what an advisory, a pattern, or one version means. A
// subject that is no package URL is taken for the id of an advisory, and one
// that is known to no source is NotFound.
func (s *Service) Exposure(ctx context.Context, subject string) (Exposure, error) {
	subject = strings.TrimSpace(subject)
	out := Exposure{Subject: subject}
	var want wanted
	var err error
	if strings.HasPrefix(subject, "pkg:") {
		want, err = s.wantedVersions(subject)
	} else {
		want, out.Advisories, err = s.wantedAdvisory(subject)
	}
	if err != nil {
		return Exposure{}, err
	}
	out.Packages = want.packages[:min(len(want.packages), packagesNamed)]
	days, err := s.recorded(ctx)
	if err != nil {
		return Exposure{}, err
	}
	if len(days) > 0 {
		out.RecordsSince = days[0]
	}
	x := &exposing{s: s, want: want, days: days, out: &out}
	if want.packages != nil {
		for _, pkg := range want.packages {
			if err := x.add(ctx, pkg); err != nil {
				return Exposure{}, err
			}
		}
		return out, nil
	}
	return out, x.addMatching(ctx)
}

// wantedVersions reads a package URL with a version or without, or a pattern.
func (s *Service) wantedVersions(subject string) (wanted, error) {
	eco, err := assay.PatternEcosystem(subject)
	if err != nil {
		return wanted{}, err
	}
	g, ok := s.grammars(eco)
	if !ok {
		return wanted{}, assay.Errorf(assay.Invalid, "%q is of an ecosystem that Assay does not know", subject)
	}
	// What names exactly one version means that version, also where the same
	// words would be a wider range: 1.2.3 is ^1.2.3 to Cargo.
	if c, err := assay.ParseCoordinate(subject); err == nil && c.Version != "" && c.File == "" && !strings.Contains(c.Name, "*") {
		name, nameErr := g.Name(c.Name)
		version, versionErr := g.Version(c.Version)
		if nameErr == nil && versionErr == nil {
			pkg := assay.Coordinate{Ecosystem: eco, Name: name}
			return wanted{packages: []assay.Coordinate{pkg}, concerns: func(c assay.Coordinate) bool {
				return c.Version == version || g.Compare(c.Version, version) == 0
			}}, nil
		}
	}
	p, err := assay.ParsePattern(subject, g)
	if err != nil {
		return wanted{}, err
	}
	want := wanted{pattern: p, concerns: p.Matches}
	if !strings.Contains(p.Name, "*") {
		want.packages = []assay.Coordinate{{Ecosystem: eco, Name: p.Name}}
	}
	return want, nil
}

func (s *Service) wantedAdvisory(id string) (wanted, []string, error) {
	if id == "" || len(id) > advisoryIDBytes {
		return wanted{}, nil, assay.Errorf(assay.Invalid, "name an advisory (GHSA-..., CVE-..., MAL-...), a version or a pattern (pkg:npm/lodash@<4.17.21)")
	}
	k := s.known.Load()
	found, named := k.about(id)
	if len(named) == 0 {
		return wanted{}, nil, assay.Errorf(assay.NotFound, "no source of advisories that is read here knows %q: assay advisories lists the sources; or ask by a package: assay exposure 'pkg:npm/lodash@<4.17.21'", printable(id, 80))
	}
	want := wanted{packages: make([]assay.Coordinate, 0, len(found)), concerns: func(c assay.Coordinate) bool {
		return slices.ContainsFunc(k.shelves, func(s *shelf) bool {
			for n := range named {
				if s.index.Concerns(n, c) {
					return true
				}
			}
			return false
		})
	}}
	for pkg := range found {
		want.packages = append(want.packages, pkg)
	}
	slices.SortFunc(want.packages, func(a, b assay.Coordinate) int { return strings.Compare(a.String(), b.String()) })
	ids := make([]string, 0, len(named))
	for n := range named {
		ids = append(ids, n)
	}
	slices.Sort(ids)
	return want, ids, nil
}

// recorded returns the days of which fetches are recorded, the first first.
func (s *Service) recorded(ctx context.Context) (days []string, err error) {
	today := s.o.Now().UTC()
	err = s.store.View(ctx, func(tx store.Tx) error {
		days = nil
		for ago := recordedDays; ago >= -1; ago-- { // a day ahead: clocks differ
			day := today.AddDate(0, 0, -ago).Format(time.DateOnly)
			rows, err := tx.FetchesOn(ctx, day, store.Fetch{}, 1)
			if err != nil {
				return err
			}
			if len(rows) > 0 {
				days = append(days, day)
			}
		}
		return nil
	})
	return days, err
}

// exposing collects the versions of an exposure.
type exposing struct {
	s       *Service
	want    wanted
	days    []string
	out     *Exposure
	fetches int
}

// addMatching adds what matches the pattern, of all packages here.
func (x *exposing) addMatching(ctx context.Context) error {
	place, ok := x.s.o.Places[x.want.pattern.Ecosystem]
	if !ok {
		return nil
	}
	for after := (store.PackageCursor{}); !x.out.More; {
		var page []store.FoundPackage
		err := x.s.store.View(ctx, func(tx store.Tx) (err error) {
			page, err = tx.SearchPackages(ctx, store.PackageQuery{Registry: place, After: after, Limit: packagesAtOnce})
			return err
		})
		if err != nil {
			return err
		}
		for i := range page {
			if !x.want.pattern.MatchesPackage(x.want.pattern.Ecosystem, page[i].Name) {
				continue
			}
			if err := x.add(ctx, assay.Coordinate{Ecosystem: x.want.pattern.Ecosystem, Name: page[i].Name}); err != nil {
				return err
			}
		}
		if len(page) < packagesAtOnce {
			return nil
		}
		after = page[len(page)-1].Cursor()
	}
	return nil
}

// add adds the versions of one package.
func (x *exposing) add(ctx context.Context, pkg assay.Coordinate) error {
	place, ok := x.s.o.Places[pkg.Ecosystem]
	if !ok || x.out.More {
		return nil
	}
	var found []Exposed
	err := x.s.store.View(ctx, func(tx store.Tx) error {
		found = nil
		releases, rows, fetched, err := versionsOf(ctx, tx, place, pkg)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, v := range slices.Concat(rows, fetched) {
			c := pkg.At(v)
			if seen[v] || !x.want.concerns(c) {
				continue
			}
			seen[v] = true
			e, here, err := exposedOf(ctx, tx, place, c, releases)
			if err != nil {
				return err
			}
			if here || slices.Contains(fetched, v) {
				found = append(found, e)
			}
		}
		return x.count(ctx, tx, pkg, fetched, found)
	})
	if err != nil {
		return err
	}
	if g, ok := x.s.grammars(pkg.Ecosystem); ok {
		slices.SortFunc(found, func(a, b Exposed) int { return g.Compare(a.Version.Version, b.Version.Version) })
	}
	room := maxExposed - len(x.out.Versions)
	if len(found) > room {
		found, x.out.More = found[:room], true
	}
	x.out.Versions = append(x.out.Versions, found...)
	return nil
}

// versionsOf returns the versions of a package of which something is kept, and
// those that were fetched.
func versionsOf(ctx context.Context, tx store.Tx, place string, pkg assay.Coordinate) (releases []store.Release, rows, fetched []string, err error) {
	kept, err := tx.Versions(ctx, place, pkg.Name)
	if err != nil {
		return nil, nil, nil, err
	}
	for i := range kept {
		rows = append(rows, kept[i].Version)
	}
	if releases, err = tx.Releases(ctx, place, pkg.Name); err != nil {
		return nil, nil, nil, err
	}
	for i := range releases {
		rows = append(rows, releases[i].Version)
	}
	counts, err := tx.Downloads(ctx, pkg.String(), "")
	if err != nil {
		return nil, nil, nil, err
	}
	for purl := range counts {
		c, err := assay.ParseCoordinate(purl)
		if err == nil && c.Version != "" {
			fetched = append(fetched, c.Version)
		}
	}
	return releases, rows, fetched, nil
}

// exposedOf tells what is and was kept of a version, and whether anything was.
func exposedOf(ctx context.Context, tx store.Tx, place string, c assay.Coordinate, releases []store.Release) (e Exposed, here bool, err error) {
	e.Version = c
	for i := range releases {
		if r := &releases[i]; r.Version == c.Version {
			e.Hosted, e.PublishedBy, e.First, here = true, r.By, r.Published, true
		}
	}
	files, err := tx.FilesOf(ctx, place, c.Name, c.Version)
	if err != nil {
		return e, here, err
	}
	for i := range files {
		f := &files[i]
		here = true
		if f.Stored {
			e.Stored++
		} else {
			e.Gone++
		}
		if !f.FirstSeen.IsZero() && (e.First.IsZero() || f.FirstSeen.Before(e.First)) {
			e.First = f.FirstSeen
		}
		if f.LastUsed.After(e.Last) {
			e.Last = f.LastUsed
		}
	}
	return e, here, nil
}

// count adds who fetched the versions, day by day.
func (x *exposing) count(ctx context.Context, tx store.Tx, pkg assay.Coordinate, fetched []string, found []Exposed) error {
	if len(fetched) == 0 || len(found) == 0 {
		return nil
	}
	at := map[string]*Exposed{}
	for i := range found {
		at[found[i].Version.String()] = &found[i]
	}
	// Rows of a day are in order of the package URL: those of one package
	// stand side by side, behind its name and an @.
	beginning := pkg.String() + "@"
	for _, day := range x.days {
		for after := (store.Fetch{Coordinate: beginning}); ; {
			rows, err := tx.FetchesOn(ctx, day, after, fetchesAtOnce)
			if err != nil {
				return err
			}
			passed := false
			for _, row := range rows {
				if !strings.HasPrefix(row.Coordinate, beginning) {
					passed = true
					break
				}
				e := at[row.Coordinate]
				if e == nil {
					continue
				}
				if x.fetches >= maxFetches {
					x.out.More = true
					return nil
				}
				x.fetches++
				e.Fetches = append(e.Fetches, Fetched{Day: day, Principal: row.Principal, Count: row.Count})
			}
			if passed || len(rows) < fetchesAtOnce {
				break
			}
			after = rows[len(rows)-1]
		}
	}
	return nil
}
