package policy

import (
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestAYankedVersionStaysForExactRequests(t *testing.T) {
	d := Compile(1, nil, nil, nil).Decide(lodash(func(f *assay.Facts) { f.Status = assay.Yanked }), noon)
	o, unlisted := d.Unlisted()
	if d.Denied() || !unlisted || o.Rule != RuleStatus || o.Remedy == "" {
		t.Errorf("a yanked version is decided %+v", d)
	}
	for _, s := range []assay.Status{assay.Deprecated, assay.Experimental} {
		d := Compile(1, nil, nil, nil).Decide(lodash(func(f *assay.Facts) { f.Status = s }), noon)
		if _, unlisted := d.Unlisted(); unlisted {
			t.Errorf("a %s version is left out of listings: %+v", s, d)
		}
	}
}

func TestTheRemedyOfARemovalOffersNoException(t *testing.T) {
	decide := func(s assay.Status) string {
		d := Compile(1, nil, nil, nil).Decide(lodash(func(f *assay.Facts) { f.Status = s }), noon)
		return d.Lead().Remedy
	}
	if got := decide(assay.Removed); strings.Contains(got, "assay except") {
		t.Errorf("a removal says %q", got)
	}
	if got := decide(assay.Quarantined); !strings.Contains(got, "assay except pkg:npm/lodash@4.17.20 --rule status") {
		t.Errorf("a quarantine says %q", got)
	}
}

// Nothing comes back from a removal, and only an administrator's release lets
// out of quarantine.
func TestCheckStatus(t *testing.T) {
	for from := assay.Active; from <= assay.Removed; from++ {
		for to := assay.Active; to <= assay.Removed; to++ {
			for _, admin := range []bool{false, true} {
				free, kind := from != assay.Removed, assay.Conflict
				if from == assay.Quarantined {
					free = admin && (to == assay.Active || to == assay.Quarantined || to == assay.Removed)
					if !admin {
						kind = assay.Forbidden
					}
				}
				err := CheckStatus(assay.Principal{ID: "t1", Admin: admin}, from, to)
				if (err == nil) != free || err != nil && !assay.Is(err, kind) {
					t.Errorf("from %s to %s, administrator: %v: %v", from, to, admin, err)
				}
			}
		}
	}
}
