package main

import (
	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight/names"
)

// lists are how many of the most popular names the plain edit distance is
// measured against.
var lists = []int{1_000, 5_000, 20_000}

// nearAny tells for each of the lists whether a name other than the name
// itself is one edit away: a letter more, less, changed, or two swapped.
func nearAny(eco assay.Ecosystem, name string, known []names.Popular) map[int]bool {
	near := map[int]bool{}
	for rank, p := range known {
		if p.Name == name || !oneEdit(name, p.Name) {
			continue
		}
		for _, top := range lists {
			if rank < top {
				near[top] = true
			}
		}
	}
	return near
}

func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if i == len(a) {
		return false // the same
	}
	return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
