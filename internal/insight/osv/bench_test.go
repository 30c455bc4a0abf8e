package osv

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	"assay.invalid/internal/assay"
)

// many makes n records of the real ones, under other names.
func many(b *testing.B, n int) []Record {
	b.Helper()
	var real []Record
	realRecords(b, &Report{}, func(r Record) { real = append(real, r) })
	out := make([]Record, 0, n)
	for i := range n {
		r := real[i%len(real)]
		r.ID = fmt.Sprintf("%s-%d", r.ID, i/len(real))
		r.Affected = append([]Affected(nil), r.Affected...)
		for j := range r.Affected {
			if r.Affected[j].Ecosystem == "Maven" {
				r.Affected[j].Name += fmt.Sprintf("-%d", i/len(real))
			} else {
				r.Affected[j].Name += fmt.Sprintf("x%d", i/len(real))
			}
		}
		out = append(out, r)
	}
	return out
}

func BenchmarkBuild100000(b *testing.B) {
	records := many(b, 100_000)
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		builder := NewBuilder(testGrammars, nil)
		for _, r := range records {
			builder.Add(r, "bench")
		}
		x := builder.Build()
		builder = nil
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB/index")
		runtime.KeepAlive(x)
	}
}

func BenchmarkMatch(b *testing.B) {
	x := realIndex(b, &Report{})
	for name, c := range map[string]assay.Coordinate{
		"none":       {Ecosystem: assay.NPM, Name: "no-such-package", Version: "1.0.0"},
		"some":       {Ecosystem: assay.NPM, Name: "lodash", Version: "4.17.4"},
		"tensorflow": {Ecosystem: assay.PyPI, Name: "tensorflow", Version: "2.4.0"},
		"mattermost": {Ecosystem: assay.Golang, Name: "github.com/mattermost/mattermost-server", Version: "v10.5.3"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.Match(c)
			}
		})
	}
}

// BenchmarkLoad reads 100,000 records as they stand in a file of lines, parses
// them and makes the index.
func BenchmarkLoad100000(b *testing.B) {
	var lines [][]byte
	for _, name := range databases {
		for line := range bytes.Lines(unpacked(b, name+".jsonl.gz")) {
			lines = append(lines, line)
		}
	}
	var text bytes.Buffer
	for i := range 100_000 {
		line := lines[i%len(lines)]
		// Another id and other packages each time round.
		round := fmt.Sprintf("-%d", i/len(lines))
		line = bytes.Replace(line, []byte(`"id": "`), []byte(`"id": "R`+round), 1)
		text.Write(bytes.ReplaceAll(line, []byte(`"name": "`), []byte(`"name": "r`+round[1:])))
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		report := &Report{}
		builder := NewBuilder(testGrammars, report)
		if err := ReadFile(b.Context(), "all.jsonl", bytes.NewReader(text.Bytes()), int64(text.Len()), Limits{}, report, func(r Record) { builder.Add(r, "bench") }); err != nil {
			b.Fatal(err)
		}
		x := builder.Build()
		b.ReportMetric(float64(x.Len()), "records")
	}
}
