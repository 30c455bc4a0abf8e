package content

import (
	"bytes"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestWhatTheVersionBeforeDidNotHave(t *testing.T) {
	plain := files{"package.json": manifest(""), "index.js": "module.exports = 1\n"}
	asking := files{"package.json": manifest(""), "index.js": "\nconst https = require('https')\n"}
	hooked := files{"package.json": manifest("\n    \"postinstall\": \"node hello.js\"\n  "), "index.js": "module.exports = 1\n"}
	for what, c := range map[string]struct {
		eco         assay.Ecosystem
		old, now    files
		id, file    string
		line        int
		says        string
		beforeIsBad bool
	}{
		"an install script":              {eco: assay.NPM, old: plain, now: hooked, id: NewInstallScript, file: "package.json", line: 5, says: "postinstall; version 0.9.0 ran nothing"},
		"an install script as before":    {eco: assay.NPM, old: hooked, now: hooked},
		"an install script that is gone": {eco: assay.NPM, old: hooked, now: plain},
		"a binding.gyp":                  {eco: assay.NPM, old: plain, now: files{"package.json": manifest(""), "binding.gyp": "{}"}, id: NewInstallScript, file: "binding.gyp", says: "binding.gyp"},
		"a binding.gyp that is ignored":  {eco: assay.NPM, old: plain, now: files{"package.json": `{"gypfile":false}`, "binding.gyp": "{}"}},
		"a call of the network":          {eco: assay.NPM, old: plain, now: asking, id: NewNetworkCall, file: "index.js", line: 2, says: "imports https"},
		"a call as before":               {eco: assay.NPM, old: asking, now: asking},
		"a global fetch":                 {eco: assay.NPM, old: plain, now: files{"package.json": manifest(""), "a.mjs": "export const f = u => fetch(u)\n"}, id: NewNetworkCall, file: "a.mjs", line: 1, says: "calls fetch"},
		"a method called fetch":          {eco: assay.NPM, old: plain, now: files{"package.json": manifest(""), "a.mjs": "class A { fetch(u) { return this.fetch(u) } }\n"}},
		"a call in a test":               {eco: assay.NPM, old: plain, now: files{"package.json": manifest(""), "test/a.js": "require('http')\n"}},
		"a module of Python":             {eco: assay.PyPI, old: files{"a/b.py": "import os\n"}, now: files{"a/b.py": "import os\nfrom urllib import request\n"}, id: NewNetworkCall, file: "a/b.py", line: 2, says: "urllib.request"},
		"a module named alike":           {eco: assay.PyPI, old: files{"a/b.py": "import os\n"}, now: files{"a/b.py": "from .requests import x\nimport requests_like\n"}},
		"a socket in Rust":               {eco: assay.Cargo, old: files{"src/lib.rs": "fn a() {}\n"}, now: files{"src/lib.rs": "fn a() {\n  TcpStream::connect(x);\n}\n"}, id: NewNetworkCall, file: "src/lib.rs", line: 2, says: "TcpStream"},
		"a client in Go":                 {eco: assay.Golang, old: files{"a.go": "package a\n"}, now: files{"a.go": "package a\n\nimport (\n\t\"fmt\"\n\th \"net/http\"\n)\n"}, id: NewNetworkCall, file: "a.go", line: 3, says: "net/http"},
		"a build script":                 {eco: assay.Cargo, old: files{"Cargo.toml": "[package]\n", "src/lib.rs": "\n"}, now: files{"Cargo.toml": "[package]\n", "build.rs": "fn main() {}\n"}, id: NewInstallScript, file: "build.rs", says: "build.rs"},
		"a build script that is off":     {eco: assay.Cargo, old: files{"src/lib.rs": "\n"}, now: files{"Cargo.toml": "[package]\nbuild = false\n", "build.rs": "fn main() {}\n"}},
		"a setup.py":                     {eco: assay.PyPI, old: files{"pyproject.toml": "\n"}, now: files{"setup.py": "pass\n"}, id: NewInstallScript, file: "setup.py", says: "setup.py"},
		"a .pth that runs code":          {eco: assay.PyPI, old: files{"pyproject.toml": "\n"}, now: files{"a.pth": "import sys\n", "pyproject.toml": "\n"}, id: NewInstallScript, file: "a.pth", says: "a.pth"},
		"a version before that is broken": {eco: assay.NPM, old: plain, now: asking, beforeIsBad: true, id: ScanIncomplete, file: "specimen-1.0.0.tgz",
			says: "the version before, 0.9.0, could not be read"},
	} {
		t.Run(what, func(t *testing.T) {
			at, content := packed(t, c.eco, c.now)
			_, old := packed(t, c.eco, c.old)
			if c.beforeIsBad {
				old = old[:len(old)/2]
			}
			got, err := New(Limits{}).Scan(t.Context(), at, bytes.NewReader(content), int64(len(content)), &Before{"0.9.0", bytes.NewReader(old), int64(len(old))})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case c.id == "" && len(got) == 0:
			case len(got) != 1 || c.id == "":
				t.Errorf("%v", got)
			case got[0].ID != c.id || got[0].File != c.file || c.line != got[0].Line || !strings.Contains(got[0].Saw, c.says):
				t.Errorf("%+v", got[0])
			}
		})
	}
}

func TestNothingIsNewWithoutAVersionBefore(t *testing.T) {
	all := files{"package.json": manifest(`"install": "node a.js"`), "a.js": "require('https')\n"}
	if got := scanned(t, assay.NPM, all, nil); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
