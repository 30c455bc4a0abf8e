package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight/names"
)

// million is how many names the checker of the speed test knows.
const million = 1_000_000

// writeSpeed measures how fast the checkers are made and asked.
func writeSpeed(b *strings.Builder) error {
	rows, err := readRows()
	if err != nil {
		return err
	}
	var asked []string
	for _, r := range rows {
		if r.eco == assay.NPM {
			asked = append(asked, r.name)
		}
	}
	b.WriteString("## Speed\n\nEvery labelled npm name was asked for, five times. The two columns of CPU are processor time, garbage collection\nincluded; in the others is whatever the machine did beside.\n\n| names known | CPU to make it | memory | CPU a name | p50 | p99 | slowest |\n|---|---|---|---|---|---|---|\n")
	write := func(what string, list []names.Popular) {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := busy()
		c := names.New(list)
		made := busy() - start
		runtime.GC()
		runtime.ReadMemStats(&after)
		var took []time.Duration
		start = busy()
		for range 5 {
			for _, name := range asked {
				start := time.Now()
				c.Check(name)
				took = append(took, time.Since(start))
			}
		}
		each := (busy() - start) / time.Duration(len(took))
		slices.Sort(took)
		us := func(d time.Duration) string { return fmt.Sprintf("%.0f us", float64(d)/float64(time.Microsecond)) }
		fmt.Fprintf(b, "| %s | %.0f ms | %.0f MB | %s | %s | %s | %s |\n", what, made.Seconds()*1000,
			float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/(1<<20),
			us(each), us(took[len(took)/2]), us(took[len(took)*99/100]), us(took[len(took)-1]))
		runtime.KeepAlive(c)
	}
	known := names.Listed(assay.NPM)
	write(fmt.Sprintf("the %d of npm that come with Assay", len(known)), known)
	write("1000000, the same and made-up ones", madeUp(known))
	return nil
}

// busy is the processor time that the program has used.
func busy() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// madeUp is a list of a million names: the known ones first, then others of
// their words.
func madeUp(known []names.Popular) []names.Popular {
	random := rand.New(rand.NewPCG(1, 2))
	var words []string
	for _, p := range known {
		if !strings.HasPrefix(p.Name, "@") {
			words = append(words, strings.Split(p.Name, "-")...)
		}
	}
	list := slices.Clone(known)
	for i := len(list); i < million; i++ {
		name := words[random.IntN(len(words))] + "-" + words[random.IntN(len(words))]
		switch i % 3 {
		case 0:
			name += fmt.Sprint(random.IntN(1000))
		case 1:
			name += "-" + words[random.IntN(len(words))]
		}
		list = append(list, names.Popular{Name: name, Weight: -float64(i)})
	}
	return list
}
