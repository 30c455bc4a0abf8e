package sqlite

import (
	"context"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// know writes down that there is a package, for the search.
func (t *tx) know(ctx context.Context, registry, name string) error {
	_, err := t.exec(ctx, `
		INSERT INTO known (registry, name, folded, hosted, description, described)
		VALUES (?, ?, ?, 0, '', '')
		ON CONFLICT (registry, name) DO UPDATE SET folded = excluded.folded WHERE folded <> excluded.folded`,
		registry, name, fold(name))
	return err
}

// knowHosted writes down, after a change of a package's releases, what the
// search tells of it: the newest that is not removed. Without one it is known
// no more, unless it was pulled through as well.
func (t *tx) knowHosted(ctx context.Context, registry, name string) error {
	var description string
	hosted, err := t.row(ctx, `
		SELECT description FROM release WHERE registry = ? AND name = ? AND removed = 0
		ORDER BY published DESC, rowid DESC LIMIT 1`, []any{registry, name}, &description)
	if err != nil {
		return err
	}
	if hosted {
		_, err = t.exec(ctx, `
			INSERT INTO known (registry, name, folded, hosted, description, described)
			VALUES (?, ?, ?, 1, ?, ?)
			ON CONFLICT (registry, name) DO UPDATE SET
				folded = excluded.folded, hosted = 1, description = excluded.description, described = excluded.described`,
			registry, name, fold(name), description, fold(description))
		return err
	}
	if _, err = t.exec(ctx, "UPDATE known SET hosted = 0, description = '', described = '' WHERE registry = ? AND name = ?", registry, name); err != nil {
		return err
	}
	_, err = t.exec(ctx, `
		DELETE FROM known WHERE registry = ?1 AND name = ?2
			AND NOT EXISTS (SELECT 1 FROM package WHERE package.registry = ?1 AND package.name = ?2)`, registry, name)
	return err
}

// search is a query as its statements take it.
type search struct {
	text, below string // names that begin with the text are at or above it, and below this
	single      bool   // the text is one word: only then can a name be it, or begin with it
	words       [store.MaxSearchWords]string
	registry    string
}

// SearchPackages asks for one match after the other, as far as the limit
// goes. Only the last two look at every name, one by one in an index, and
// stop at the limit.
func (t *tx) SearchPackages(ctx context.Context, q store.PackageQuery) ([]store.FoundPackage, error) {
	words := strings.Fields(fold(q.Text))
	if len(words) > store.MaxSearchWords {
		return nil, assay.Errorf(assay.Invalid, "a search takes at most %d words", store.MaxSearchWords)
	}
	s := search{text: strings.Join(words, " "), single: len(words) == 1, registry: q.Registry}
	s.below = successor(s.text)
	copy(s.words[:], words)
	var found []store.FoundPackage
	for match := max(q.After.Match, store.MatchExact); match <= store.MatchDescription; match++ {
		limit := atMost(q.Limit) - len(found)
		if limit <= 0 {
			break
		}
		// The cursor has folded, registry and name. A name that begins with
		// the text is not below it.
		from := [3]string{}
		if match == store.MatchBeginning {
			from[0] = s.text
		}
		if match == q.After.Match {
			from = [3]string{fold(q.After.Name), q.After.Registry, q.After.Name}
		}
		more, err := t.matches(ctx, match, &s, from, limit)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// matches returns the packages of one match, each statement without those of
// the ones before. The inner SELECTs, which look at every name, find all they
// need in an index; the outer ones fetch the rest of the few that fit.
func (t *tx) matches(ctx context.Context, match store.Match, s *search, from [3]string, limit int) ([]store.FoundPackage, error) {
	fields := func(f *store.FoundPackage) []any {
		f.Match = match
		return []any{&f.Registry, &f.Name, &f.Hosted, &f.Description}
	}
	w := s.words
	switch {
	case match == store.MatchExact && s.single:
		return collect(ctx, t, `
			SELECT registry, name, hosted, description FROM known
			WHERE folded = ?1 AND (registry, name) > (?2, ?3) AND (registry = ?4 OR ?4 = '')
			ORDER BY registry, name LIMIT ?5`,
			[]any{s.text, from[1], from[2], s.registry, limit}, fields)
	case match == store.MatchBeginning && (s.single || s.text == ""):
		return collect(ctx, t, `
			SELECT registry, name, hosted, description FROM known
			WHERE (folded, registry, name) > (?1, ?2, ?3) AND folded < ?4 AND (folded <> ?5 OR ?5 = '') AND (registry = ?6 OR ?6 = '')
			ORDER BY folded, registry, name LIMIT ?7`,
			[]any{from[0], from[1], from[2], s.below, s.text, s.registry, limit}, fields)
	case match == store.MatchName && s.single:
		return collect(ctx, t, `
			SELECT known.registry, known.name, hosted, description FROM (
				SELECT folded, registry, name FROM known
				WHERE (folded, registry, name) > (?1, ?2, ?3) AND (registry = ?4 OR ?4 = '') AND instr(folded, ?5) > 1
				ORDER BY folded, registry, name LIMIT ?6) AS hit
			CROSS JOIN known ON known.registry = hit.registry AND known.name = hit.name`,
			[]any{from[0], from[1], from[2], s.registry, s.text, limit}, fields)
	case match == store.MatchName && s.text != "":
		return collect(ctx, t, `
			SELECT known.registry, known.name, hosted, description FROM (
				SELECT folded, registry, name FROM known
				WHERE (folded, registry, name) > (?1, ?2, ?3) AND (registry = ?4 OR ?4 = '')
					AND instr(folded, ?5) > 0 AND instr(folded, ?6) > 0 AND instr(folded, ?7) > 0 AND instr(folded, ?8) > 0
				ORDER BY folded, registry, name LIMIT ?9) AS hit
			CROSS JOIN known ON known.registry = hit.registry AND known.name = hit.name`,
			[]any{from[0], from[1], from[2], s.registry, w[0], w[1], w[2], w[3], limit}, fields)
	case match == store.MatchDescription && s.text != "":
		return collect(ctx, t, `
			SELECT known.registry, known.name, hosted, description FROM (
				SELECT folded, registry, name FROM known
				WHERE hosted = 1 AND (folded, registry, name) > (?1, ?2, ?3) AND (registry = ?4 OR ?4 = '')
					AND (instr(described, ?5) > 0 OR instr(folded, ?5) > 0) AND (instr(described, ?6) > 0 OR instr(folded, ?6) > 0)
					AND (instr(described, ?7) > 0 OR instr(folded, ?7) > 0) AND (instr(described, ?8) > 0 OR instr(folded, ?8) > 0)
					AND NOT (instr(folded, ?5) > 0 AND instr(folded, ?6) > 0 AND instr(folded, ?7) > 0 AND instr(folded, ?8) > 0)
				ORDER BY folded, registry, name LIMIT ?9) AS hit
			CROSS JOIN known ON known.registry = hit.registry AND known.name = hit.name`,
			[]any{from[0], from[1], from[2], s.registry, w[0], w[1], w[2], w[3], limit}, fields)
	}
	return nil, nil
}

// successor is above every text that begins with the given one, and not above
// any other. Text is compared byte by byte.
func successor(text string) string {
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] < 0xff {
			return text[:i] + string([]byte{text[i] + 1})
		}
	}
	return text + "\xff\xff\xff\xff" // no encoded character has this byte
}
