package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
)

// bigDocument is a packument of about 10 MB and 1,500 versions, of the shape
// that large packages have.
func bigDocument() []byte {
	const versions = 1500
	var b bytes.Buffer
	b.WriteString(`{"_id":"demo","_rev":"1-x","name":"demo","dist-tags":{"latest":"1499.0.0","next":"1499.0.0"},"versions":{`)
	dependencies := func(n int) string {
		var d strings.Builder
		for i := range n {
			if i > 0 {
				d.WriteByte(',')
			}
			fmt.Fprintf(&d, `"dependency-number-%d":"^%d.%d.0"`, i, i, i)
		}
		return d.String()
	}
	deps, devDeps := dependencies(40), dependencies(110)
	for i := range versions {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"%d.0.0":{"name":"demo","version":"%d.0.0","description":"made for a benchmark","license":"Apache-2.0","main":"index.js",`, i, i)
		fmt.Fprintf(&b, `"scripts":{"test":"node test.js","build":"tsc -p .","lint":"eslint ."},"dependencies":{%s},"devDependencies":{%s},`, deps, devDeps)
		fmt.Fprintf(&b, `"dist":{"shasum":"%s","tarball":"https://registry.example/demo/-/demo-%d.0.0.tgz","integrity":"%s","signatures":[{"keyid":"k","sig":"MEUCI"}]},`, shasum, i, integrity)
		fmt.Fprintf(&b, `"_npmUser":{"name":"someone","email":"someone@registry.example"},"maintainers":[{"name":"a","email":"a@registry.example"}],"directories":{},"gitHead":"%s"}`, shasum)
	}
	b.WriteString(`},"time":{"created":"2020-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z"`)
	for i := range versions {
		fmt.Fprintf(&b, `,"%d.0.0":"2021-01-01T00:00:00.000Z"`, i)
	}
	fmt.Fprintf(&b, `},"readme":%q}`, strings.Repeat("A README of some length. ", 2000))
	return b.Bytes()
}

func BenchmarkBigDocument(b *testing.B) {
	doc := bigDocument()
	limits := DefaultLimits()
	size := int64(len(doc))
	p, err := Read(bytes.NewReader(doc), size, "demo", limits)
	if err != nil {
		b.Fatal(err)
	}
	e := edits(p, "")
	e.Denied = func(i int) bool { return i%10 == 0 }
	run := func(name string, fn func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if err := fn(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("encoding_json", func() error {
		var v any
		return json.Unmarshal(doc, &v)
	})
	run("index", func() error {
		_, err := Read(bytes.NewReader(doc), size, "demo", limits)
		return err
	})
	run("full", func() error { return p.WriteFull(io.Discard, bytes.NewReader(doc), size, e) })
	run("abbreviated", func() error { return p.WriteAbbreviated(io.Discard, bytes.NewReader(doc), size, "", e) })
}
