package names

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"assay.invalid/internal/assay"
)

// madeUp is a list of so many names that read like real ones, without a host
// or scope, and the most used names of npm at its head.
func madeUp(count int) []Popular {
	random := rand.New(rand.NewPCG(1, 2))
	known := Listed(assay.NPM)
	var words []string
	for _, p := range known[:5000] {
		for _, w := range take(p.Name).words {
			words = append(words, w.text)
		}
	}
	list := make([]Popular, 0, count)
	for i := range count {
		name := words[random.IntN(len(words))]
		for range 1 + random.IntN(2) {
			name += "-" + words[random.IntN(len(words))]
		}
		if i%3 == 0 {
			name = fmt.Sprintf("%s%d", name, random.IntN(1000))
		}
		list = append(list, Popular{name, float64(count - i)})
	}
	for i, p := range known {
		if i < count {
			list[i].Name = p.Name
		}
	}
	return list
}

// asked are names as they come: slips, strangers, known ones.
func asked() []string {
	names := []string{"lodahs", "expresss", "react-table-hooks", "acme-billing-frontend", "@acme/kettle", "@tpyes/node", "nodemailer-js", "crossenv",
		"webpack-bundle-analyser-plugin", "kettle", "a-long-name-of-many-words-that-nobody-uses-for-anything-at-all", "1odash", "puppeteercluser"}
	return names
}

func benchmarkCheck(b *testing.B, c *Checker) {
	names := asked()
	for i := 0; b.Loop(); i++ {
		c.Check(names[i%len(names)])
	}
}

func BenchmarkCheckMillion(b *testing.B) {
	list := madeUp(1_000_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c := New(list)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.Run("names=1000000", func(b *testing.B) {
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB")
		benchmarkCheck(b, c)
	})
	for _, name := range asked() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c.Check(name)
			}
		})
	}
	runtime.KeepAlive(list)
}

func BenchmarkCheckDefault(b *testing.B) {
	for _, eco := range []assay.Ecosystem{assay.NPM, assay.PyPI, assay.Golang} {
		b.Run(string(eco), func(b *testing.B) {
			c, _ := Default(eco)
			benchmarkCheck(b, c)
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	for _, eco := range []assay.Ecosystem{assay.NPM, assay.PyPI, assay.Cargo} {
		b.Run(string(eco), func(b *testing.B) {
			for b.Loop() {
				build(Listed(eco), brands(), folds[eco], languageOf(eco))
			}
		})
	}
	list := madeUp(1_000_000)
	b.Run("names=1000000", func(b *testing.B) {
		for b.Loop() {
			New(list)
		}
	})
}
