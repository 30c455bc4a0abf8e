package policy

import (
	"fmt"
	"testing"

	"assay.invalid/internal/assay"
)

// typical is a ruleset with n conditions as people write them.
func typical(b *testing.B, n int) *Ruleset {
	if n == 0 {
		return Compile(1, nil, nil, nil)
	}
	whens := []string{
		`version.deprecated != ""`,
		`version.install_scripts && !version.name.startsWith("@acme/")`,
		`version.deprecated.matches("(?i)security|vulnerab|malicious|compromised")`,
		`has(version.published) && has(version.last_absent) && version.last_absent - version.published > duration("168h")`,
		`version.name in ["a", "b", "c", "d"]`,
	}
	var lines []string
	for i := range n {
		lines = append(lines, "when: '"+whens[i%len(whens)]+"'")
	}
	return Compile(1, conditions(b, lines...), nil, nil)
}

func BenchmarkConditions(b *testing.B) {
	for _, n := range []int{0, 1, 10} {
		b.Run(fmt.Sprintf("%d conditions", n), func(b *testing.B) {
			r, facts := typical(b, n), lodash()
			b.ReportAllocs()
			for b.Loop() {
				if d := r.Decide(facts, noon); d.Effect != assay.Allow {
					b.Fatal(d.Lead())
				}
			}
		})
		b.Run(fmt.Sprintf("%d conditions, a listing of 1500 versions", n), func(b *testing.B) {
			r, facts := typical(b, n), lodash()
			b.ReportAllocs()
			for b.Loop() {
				for range 1500 {
					r.Decide(facts, noon)
				}
			}
		})
	}
}

func BenchmarkReadingAPolicyOfTenConditions(b *testing.B) {
	for b.Loop() {
		typical(b, 10)
	}
}
