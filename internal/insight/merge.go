package insight

import (
	"cmp"
	"slices"

	"assay.invalid/internal/assay"
)

// standing leaves out advisories of which a newer copy in another source was
// withdrawn. An advisory joins records that are aliases of each other: it goes
// only if each of its records that concerns the version was withdrawn.
func (k *knowledge) standing(s *shelf, c assay.Coordinate, found []assay.Advisory) []assay.Advisory {
	if len(k.withdrawn) == 0 || !slices.ContainsFunc(found, k.takenBack) {
		return found
	}
	ids := s.index.IDs(c)
	return slices.DeleteFunc(found, func(a assay.Advisory) bool {
		if !k.takenBack(a) {
			return false
		}
		for _, id := range ids {
			if id != a.ID && !slices.Contains(a.Aliases, id) {
				continue
			}
			if at, ok := k.withdrawn[id]; !ok || at.Before(a.Modified) {
				return false
			}
		}
		return true
	})
}

func (k *knowledge) takenBack(a assay.Advisory) bool {
	at, ok := k.withdrawn[a.ID]
	return ok && !at.Before(a.Modified)
}

// stillFixes leaves out the fixes of advisories that were withdrawn, and of
// those by which another source calls the same version vulnerable.
func (k *knowledge) stillFixes(fixes []string, advisories []assay.Advisory, aliases map[string][]string) []string {
	if len(fixes) == 0 {
		return nil
	}
	fixes = slices.DeleteFunc(fixes, func(id string) bool {
		if _, gone := k.withdrawn[id]; gone {
			return true
		}
		fix := assay.Advisory{ID: id, Aliases: aliases[id]}
		return slices.ContainsFunc(advisories, func(a assay.Advisory) bool { return sameAdvisory(&a, &fix) })
	})
	if len(fixes) == 0 {
		return nil
	}
	slices.Sort(fixes)
	return slices.Compact(fixes)
}

// aliasesOf are the other names of records, as all sources together know them.
func (k *knowledge) aliasesOf(ids []string) map[string][]string {
	out := map[string][]string{}
	for _, id := range ids {
		for _, s := range k.shelves {
			out[id] = append(out[id], s.aliases[id]...)
		}
	}
	return out
}

// merge joins the advisories of two sources. Those that share an id or an alias
// are one, with the worst that either says.
func merge(a, b []assay.Advisory) []assay.Advisory {
	out := slices.Clone(a)
	for _, add := range b {
		// One that is an alias of several makes one of them all.
		for i := 0; i < len(out); {
			if !sameAdvisory(&out[i], &add) {
				i++
				continue
			}
			add = join(out[i], add)
			out = slices.Delete(out, i, i+1)
		}
		out = append(out, add)
	}
	slices.SortFunc(out, func(x, y assay.Advisory) int {
		if x.Malicious != y.Malicious {
			if x.Malicious {
				return -1
			}
			return 1
		}
		return cmp.Compare(x.ID, y.ID)
	})
	return out
}

func sameAdvisory(a, b *assay.Advisory) bool {
	if a.ID == b.ID || slices.Contains(a.Aliases, b.ID) || slices.Contains(b.Aliases, a.ID) {
		return true
	}
	return slices.ContainsFunc(a.Aliases, func(id string) bool { return slices.Contains(b.Aliases, id) })
}

// join makes one advisory of two. It has the name of the first, which comes
// from the source that was asked first.
func join(a, b assay.Advisory) assay.Advisory {
	ids := slices.Concat([]string{b.ID}, a.Aliases, b.Aliases)
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == a.ID })
	a.Aliases = nil
	if len(ids) > 0 {
		a.Aliases = ids
	}
	a.Malicious = a.Malicious || b.Malicious
	a.Severity = max(a.Severity, b.Severity)
	if a.Summary == "" {
		a.Summary = b.Summary
	}
	if b.Modified.After(a.Modified) {
		a.Modified = b.Modified
	}
	if a.Source != b.Source {
		a.Source += ", " + b.Source
	}
	return a
}
