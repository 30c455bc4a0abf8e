package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight/names"
)

// writeEach prints what was said of each labelled name.
func writeEach(out io.Writer, all []*judged) error {
	for _, j := range all {
		class, target := "", ""
		if j.at >= 0 {
			class, target = string(j.likes[j.at].Class), j.likes[j.at].Target
		}
		label := cmp.Or(j.tier, j.confidence)
		if _, err := fmt.Fprintf(out, "%.3f\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", j.score, j.eco, j.name, j.target, label, j.class, class, target); err != nil {
			return err
		}
	}
	return nil
}

// test is one way to tell imitations from honest names.
type test struct {
	what string
	says func(j *judged) bool
}

// share counts how many of the names that a test is asked of it speaks of.
type share struct{ found, all int }

func (s share) String() string {
	if s.all == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(s.found)/float64(s.all))
}

// of counts those names that belong.
func (t test) of(all []*judged, belongs func(j *judged) bool) share {
	var s share
	for _, j := range all {
		if belongs(j) {
			s.all++
			if t.says(j) {
				s.found++
			}
		}
	}
	return s
}

// byTarget is the mean of the recalls of each target: a campaign of fifty
// names on one target counts as much as one name on another.
func (t test) byTarget(all []*judged, belongs func(j *judged) bool) string {
	targets := map[string]share{}
	for _, j := range all {
		if !belongs(j) {
			continue
		}
		s := targets[string(j.eco)+" "+j.target]
		s.all++
		if t.says(j) {
			s.found++
		}
		targets[string(j.eco)+" "+j.target] = s
	}
	sum := 0.0
	for _, target := range slices.Sorted(maps.Keys(targets)) { // in one order: sums of fractions depend on it
		sum += float64(targets[target].found) / float64(targets[target].all)
	}
	return fmt.Sprintf("%.1f%%", 100*sum/float64(len(targets)))
}

func imitation(j *judged) bool { return j.imitates() && j.learned() }
func sure(j *judged) bool      { return imitation(j) && j.sure() }
func tier(name string) func(*judged) bool {
	return func(j *judged) bool { return j.tier == name }
}

func writeReport(ctx context.Context, out io.Writer, all []*judged) error {
	for _, eco := range []assay.Ecosystem{assay.NPM, assay.PyPI} {
		known := names.Listed(eco)
		for _, j := range all {
			if j.eco == eco && j.tier != ordinary {
				j.near = nearAny(eco, j.name, known)
			}
		}
	}
	permille, percent := threshold(all, 0.001), threshold(all, 0.01)
	at := func(least float64) func(*judged) bool {
		return func(j *judged) bool { return j.score >= least }
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Names that look like others\n\n")
	writeMachine(ctx, &b)
	fmt.Fprintf(&b, `
Labelled names: %d imitations (%d with a target that the source or a person named: *sure*; the other targets were computed,
mostly by edit distance, which flatters anything that knows edits), %d popular names that stand near a more popular one, %d
less used ones that are assumed to be honest, and %d ordinary popular names. bench/names/data/README.md says where they come
from. What is said of a name is always said by weights that were fitted without any name that has the same target (%d parts).

## Recall

*Blind* is the share of popular names that would be found if the checker did not know that they are popular. It is the
strictest question that can be asked of a checker of names, and what the thresholds are set by. *Shipped* is the same with the
lists that come with Assay: names on them, and those of their owners, are never found.

`, imitationsOf(all), test{}.count(all, sure), test{}.count(all, tier(popular)), test{}.count(all, tier(longtail)), test{}.count(all, tier(ordinary)), folds)
	tests := []test{
		{fmt.Sprintf("0.1%% blind: score from %.2f", permille), at(permille)},
		{fmt.Sprintf("1%% blind: score from %.2f", percent), at(percent)},
		{fmt.Sprintf("**the default**: score from %.2f", names.Threshold), at(names.Threshold)},
		{"any likeness at all", at(1e-9)},
	}
	for _, top := range lists {
		tests = append(tests, test{fmt.Sprintf("edit distance 1 from the %d most used", top), func(j *judged) bool { return j.near[top] }})
	}
	b.WriteString("| | recall, sure | mean by target | npm | PyPI | recall, all | mean by target | popular look-alikes, blind | shipped | less used look-alikes | ordinary names, blind |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	for i, t := range tests {
		shipped := test{"", func(j *judged) bool { return !j.known && t.says(j) }}
		plain := "not asked"
		if i < 4 {
			plain = t.of(all, tier(ordinary)).String()
		}
		of := func(eco assay.Ecosystem) share {
			return t.of(all, func(j *judged) bool { return sure(j) && j.eco == eco })
		}
		fmt.Fprintf(&b, "| %s | %v | %s | %v | %v | %v | %s | %v | %v | %v | %s |\n", t.what,
			t.of(all, sure), t.byTarget(all, sure), of(assay.NPM), of(assay.PyPI), t.of(all, imitation), t.byTarget(all, imitation),
			t.of(all, tier(popular)), shipped.of(all, tier(popular)), shipped.of(all, tier(longtail)), plain)
	}
	right := test{"", func(j *judged) bool { return j.score >= names.Threshold && j.likes[j.at].Target == j.target }}
	brand := test{"", func(j *judged) bool {
		return j.score >= names.Threshold && !slices.ContainsFunc(names.Listed(j.eco), func(p names.Popular) bool { return p.Name == j.likes[j.at].Target })
	}}
	missing := test{"", func(j *judged) bool { return j.at < 0 }}
	fmt.Fprintf(&b, `
As shipped, no popular look-alike is found at any threshold, so that recall at 0.1%% and at 1%% of them, in the sense of what a
person meets, is that of any threshold one likes: %v of the sure ones and %v of all at the default, and at most %v and %v. What
holds the default back is the column of less used look-alikes. %v of the names found at the default have the labelled target;
%v of the sure ones resemble nothing that the checker knows, mostly because their target is on no list. %d of the %d sure ones
found resemble a brand of known-brands.txt, which was written by hand with these labelled names in sight: without them the recall
of the sure ones would be %v.

## By class

The classes are those of the labelled names; the numbers say found/all.

`, tests[2].of(all, sure), tests[2].of(all, imitation), tests[3].of(all, sure), tests[3].of(all, imitation),
		share{right.of(all, imitation).found, tests[2].of(all, imitation).found}, missing.of(all, sure),
		brand.of(all, sure).found, tests[2].of(all, sure).found, share{tests[2].of(all, sure).found - brand.of(all, sure).found, tests[2].of(all, sure).all})
	b.WriteString("| class | sure: 0.1% blind | 1% blind | default | any | edit distance 1 from 20000 | all: 0.1% blind | 1% blind | default | any | edit distance 1 from 20000 |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	shown := []test{tests[0], tests[1], tests[2], tests[3], tests[6]}
	for _, class := range classesOf(all) {
		fmt.Fprintf(&b, "| %s |", class)
		for _, belongs := range []func(*judged) bool{sure, imitation} {
			for _, t := range shown {
				s := t.of(all, func(j *judged) bool { return belongs(j) && j.class == class })
				fmt.Fprintf(&b, " %d/%d |", s.found, s.all)
			}
		}
		b.WriteString("\n")
	}
	cargo := func(j *judged) bool { return j.imitates() && j.eco == assay.Cargo }
	fmt.Fprintf(&b, `
Cargo has no list of downloads here, only well-known crates listed by hand, and nothing was fitted to it: of %d imitations of
crates %v are found at the default.

`, tests[2].of(all, cargo).all, tests[2].of(all, cargo))
	writeFalse(&b, all)
	if err := writeSpeed(&b); err != nil {
		return err
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (test) count(all []*judged, belongs func(*judged) bool) int {
	return test{"", func(*judged) bool { return true }}.of(all, belongs).all
}

func imitationsOf(all []*judged) int { return test{}.count(all, imitation) }

func classesOf(all []*judged) []string {
	count := map[string]int{}
	for _, j := range all {
		if imitation(j) {
			count[j.class]++
		}
	}
	classes := slices.Collect(maps.Keys(count))
	slices.SortFunc(classes, func(a, b string) int { return cmp.Or(count[b]-count[a], cmp.Compare(a, b)) })
	return classes
}

// writeFalse says which honest names are found, by what they were chosen for.
func writeFalse(b *strings.Builder, all []*judged) {
	b.WriteString("## False positives at the default, blind\n\n| honest names | near by | found/all |\n|---|---|---|\n")
	for _, t := range []string{popular, longtail} {
		for _, kind := range []string{"edit1", "separator-or-scope", "affix"} {
			s := test{"", func(j *judged) bool { return j.score >= names.Threshold }}.of(all, func(j *judged) bool { return j.tier == t && j.class == kind })
			fmt.Fprintf(b, "| %s | %s | %d/%d |\n", t, kind, s.found, s.all)
		}
	}
	b.WriteString("\n")
}

// writeMachine says on what was measured, and what.
func writeMachine(ctx context.Context, b *strings.Builder) {
	commit := "unknown"
	if text, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		commit = strings.TrimSpace(string(text))
	}
	if text, err := exec.CommandContext(ctx, "git", "status", "--porcelain", "--", "internal/insight/names", "bench/names").Output(); err == nil && len(text) > 0 {
		commit += ", with changes to what is measured"
	}
	processor := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				processor = strings.TrimSpace(value)
				break
			}
		}
	}
	load := ""
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		load, _, _ = strings.Cut(string(text), " ")
	}
	fmt.Fprintf(b, "- commit: %s\n- machine: %s, %d cores, %s; load before: %s\n- command: `go run ./bench/names`\n", commit, processor, runtime.NumCPU(), runtime.Version(), load)
}
