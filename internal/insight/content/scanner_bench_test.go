package content

import (
	"bytes"
	"strings"
	"testing"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

// ordinary is a text as packages have it, of about a megabyte.
func ordinary(part string) string { return strings.Repeat(part, 1<<20/len(part)) }

func BenchmarkText(b *testing.B) {
	for _, c := range []struct{ name, file, part string }{
		{"JavaScript", "a.js", "/** Says what it is. */\nexport function plain(value, options = {}) {\n  const { name, size } = options; // as given\n  if (!value || typeof value.get !== 'function') throw new TypeError(`no value: ${name}`)\n  return value.get(name).map((x) => x.toString().replace(/\\s+/g, ' ')).slice(0, size)\n}\n\n"},
		{"minified", "a.js", "var e=t(12),n=function(t,r){return t.get(r)||\"a.b.c\"},o={from:e,to:n(\"x\",1)};r.exports={a:o,b:function(){return this.c(\"/path/to/it\")}};"},
		{"Python", "a.py", "def plain(value, *, name=None):\n    \"\"\"Says what it is.\"\"\"\n    # as given\n    if not value.get(name):\n        raise ValueError('no value: %s' % name)\n    return [str(x).strip() for x in value.get(name)]\n\n\n"},
		{"Rust", "a.rs", "/// Says what it is.\npub fn plain<'a>(value: &'a Map<String, Value>, name: &str) -> Result<&'a str, Error> {\n    value.get(name).and_then(|v| v.as_str()).ok_or_else(|| Error::new(\"no value\", name))\n}\n\n"},
	} {
		b.Run(c.name, func(b *testing.B) {
			at := assay.Coordinate{Ecosystem: assay.NPM, Name: "specimen", Version: "1.0.0"}
			text := []byte(ordinary(c.part))
			s := New(Limits{})
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				col := s.collector(at, false)
				col.judge(c.file, languageOf(c.file, text), text)
				if len(col.signals) > 0 {
					b.Fatal(col.signals)
				}
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	all := files{"package.json": manifest("")}
	for _, n := range strings.Split("abcdefgh", "") {
		all["lib/"+n+".js"] = ordinary("const a = require('./b'); module.exports = (x, y) => a(x).map((z) => z + y) // " + n + "\n")
	}
	at, content := packed(b, assay.NPM, all)
	s := New(Limits{Archive: archive.Limits{Ratio: 2000}}) // the text repeats itself
	b.SetBytes(8 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if got, err := s.Scan(b.Context(), at, bytes.NewReader(content), int64(len(content)), nil); err != nil || len(got) > 0 {
			b.Fatal(got, err)
		}
	}
}
