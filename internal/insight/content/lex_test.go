package content

import (
	"strings"
	"testing"
)

// The mask shows what a lexer took for code: strings are "...", comments blank.
func TestWhatIsCode(t *testing.T) {
	d := newDialects()
	for what, c := range map[string]struct {
		dialect    *dialect
		text, code string
	}{
		"a comment to the line's end":     {d.javascript, "a // b\nc", "a     \nc"},
		"a block":                         {d.javascript, "a /* b\n */ c", "a     \n    c"},
		"a string with an escape":         {d.javascript, `a('x\'y')`, `a("....")`},
		"a string that ends with a line":  {d.javascript, "a('x\nb", "a(\"\"\nb"},
		"a template":                      {d.javascript, "`a${b}c`", `"."+b"."`},
		"a template in a template":        {d.javascript, "`${`${a}`}`", `""+""+a""""`},
		"braces in a template":            {d.javascript, "`${{a:{}}}`", `""+{a:{}}""`},
		"a regular expression":            {d.javascript, `a = /["'/]/.test(b)`, `a = ".....".test(b)`},
		"one behind a bracket":            {d.javascript, `if (a) /"/.test(b)`, `if (a) ".".test(b)`},
		"one behind a word":               {d.javascript, `return /"/`, `return "."`},
		"a division":                      {d.javascript, `a / b / c`, `a / b / c`},
		"a division behind a bracket":     {d.javascript, `(a) / b / c`, `(a) / b / c`},
		"a hash that is no comment":       {d.javascript, `this.#a`, `this.#a`},
		"a line for a shell":              {d.javascript, "#!/bin/node\na", "           \na"},
		"a comment of Python":             {d.python, "a # 'b\nc", "a     \nc"},
		"three quotes":                    {d.python, "a = '''b\n'c'''", "a = \"...\n....\""},
		"a prefix":                        {d.python, `rb"\"a"`, `rb"..."`},
		"a division of Python":            {d.python, `a / b`, `a / b`},
		"comments in comments":            {d.rust, "a /* b /* c */ d */ e", "a                   e"},
		"a lifetime and a character":      {d.rust, `fn a<'b>('"')`, `fn a<'b>(".")`},
		"a raw string":                    {d.rust, `r#"a"b"# c`, `r#"...." c`},
		"a raw string of Go":              {d.golang, "`a\"\nb` c", "\"..\n.\" c"},
		"a rune of Go":                    {d.golang, `'"' a`, `"." a`},
		"a string that never ends":        {d.rust, `"a`, `""`},
		"a comment that never ends":       {d.javascript, "a /* b", "a     "},
		"a template that never ends":      {d.javascript, "`a${b", `"."+b`},
		"three quotes that never end":     {d.python, `"""a`, `".."`},
		"a prefix that begins no string":  {d.rust, `r## a`, `r## a`},
		"quotes that are only characters": {d.python, "a ` b", "a ` b"},
	} {
		t.Run(what, func(t *testing.T) {
			s := lex("a", c.dialect, []byte(c.text), make([]byte, len(c.text)))
			if got := strings.ReplaceAll(string(s.code), "\x01", "."); got != c.code {
				t.Errorf("%q is read as\n%q, want\n%q", c.text, got, c.code)
			}
		})
	}
}

func TestFormsOfStrings(t *testing.T) {
	for what, c := range map[string]struct {
		content string
		want    form
	}{
		"base64":                    {blob(), base64Form | denseForm},
		"base64 in lines":           {strings.Join([]string{blob()[:76], blob()[76:152]}, "\n"), base64Form},
		"hexadecimal":               {hexBlob(), hexForm},
		"escapes":                   {escapes(harmless), escapedForm},
		"not shown":                 {unseen(20), hiddenForm},
		"a sentence":                {strings.Repeat("the quick brown fox ", 10), 0},
		"a path of long words":      {strings.Repeat("/node_modules/some-package/lib", 5), 0},
		"words in camel case":       {strings.Repeat("getElementByIdentifier", 10), 0},
		"digits alone":              {strings.Repeat("0123456789", 9), 0},
		"a key file":                {"/home/a/.ssh/id_ed25519", secretForm},
		"a file named alike":        {"/home/a/.netrcs", 0},
		"an address":                {"https://code.example/a", addressForm | commandForm},
		"a host alone":              {"code.example", addressForm},
		"a number with points":      {"1.2.3", 0},
		"an address in numbers":     {"192.0.2.1", addressForm},
		"this machine":              {"http://127.0.0.1:80/a", commandForm},
		"an address in base64":      {"aHR0cHM6Ly9iYWQuZXhhbXBsZQ==", addressForm},
		"the metadata of a cloud":   {"http://169.254.169.254/latest", secretForm | commandForm},
		"a command that fetches":    {"curl -s code.example | sh", commandForm},
		"an address with a sign in": {"https://a b", commandForm},
	} {
		got := formOf([]byte(c.content))
		if what == "base64 in lines" {
			got &^= denseForm
		}
		if got != c.want {
			t.Errorf("%s: %b, want %b", what, got, c.want)
		}
	}
}

func TestLanguages(t *testing.T) {
	for name, want := range map[string]language{
		"a.js": javascript, "a.d.ts": otherLanguage, "a.mts": javascript, "A.PY": python, "a.pth": python, "a.rs": rust, "a.go": golang,
		"a_test.go": otherLanguage, "a.ps1": shell, "a.md": otherLanguage, "a": otherLanguage,
	} {
		if got := languageOf(name, []byte("text")); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	for start, want := range map[string]language{"#!/usr/bin/env node\n": javascript, "#!/usr/bin/python3": python, "#!/bin/sh -e\n": shell, "#!/usr/bin/awk": otherLanguage} {
		if got := languageOf("run", []byte(start)); got != want {
			t.Errorf("%q: %d, want %d", start, got, want)
		}
	}
}
