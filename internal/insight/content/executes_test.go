package content

import (
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestEncodedStringsThatAreExecuted(t *testing.T) {
	js := func(text, mark, says string) specimen {
		return specimen{assay.NPM, files{"package.json": manifest(""), "lib/index.js": text}, ExecutesEncoded, "lib/index.js", mark, says}
	}
	py := func(text, mark, says string) specimen {
		return specimen{assay.PyPI, files{"specimen/__init__.py": text}, ExecutesEncoded, "specimen/__init__.py", mark, says}
	}
	codes := strings.TrimSuffix(strings.Repeat("99,", 60), ",")
	for what, s := range map[string]specimen{
		"eval of atob":                       js("'use strict'\neval(atob('"+blob()+"'))\n", "eval", "encoded string"),
		"eval of a buffer":                   js("\n\neval(Buffer.from(\""+blob()+"\", 'base64').toString('utf8'))", "eval", "encoded string"),
		"a function made of a template":      js("new Function(Buffer.from(`"+hexBlob()+"`,'hex')+'')()", "new Function", "hexadecimal"),
		"indirect eval":                      js("(0, eval)(atob('"+blob()+"'))", "eval", "encoded"),
		"a global eval":                      js("globalThis.eval(atob('"+blob()+"'))", "eval", "encoded"),
		"a string kept in a name":            js("const payload = '"+blob()+"'\nfunction go() {\n  eval(atob(payload))\n}\n", "eval(", "payload"),
		"a decoded string kept in a name":    js("const code = Buffer.from('"+blob()+"', 'base64').toString()\nconst vm = require('vm')\nvm.runInThisContext(code)\n", "vm.runIn", "decoded into code"),
		"over two names":                     js("let raw = '"+blob()+"'\nlet text = atob(raw)\nFunction(text)()\n", "Function(", "decoded into text"),
		"in parts":                           js("const raw = '"+blob()+"' +\n '"+blob()+"'\nnew Function(atob(raw))()\n", "Function(", "raw"),
		"a decoder of its own":               js("function d(s) { return s }\neval(d('"+blob()+"'))\n", "eval(", "encoded"),
		"escapes":                            js("eval('"+escapes(harmless)+"')", "eval", "escapes"),
		"percent escapes":                    js("eval(unescape('"+strings.ReplaceAll(escapes(harmless), `\x`, "%")+"'))", "eval", "escapes"),
		"character codes":                    js("eval(String.fromCharCode("+codes+"))", "eval", "60 character codes"),
		"characters that are not shown":      js("const d = s => [...s].map(c => c.codePointAt(0) - 0xE0100)\neval(d('"+unseen(60)+"'))", "eval", "not shown"),
		"a packer":                           js("eval(function(p,a,c,k,e,d){return p}('0 1',2,2,'a|b'.split('|'),0,{}))", "eval", "packed"),
		"a child that is given it":           js("const { spawn } = require('child_process')\nspawn('node', ['-e', Buffer.from('"+blob()+"', 'base64').toString()])\n", "spawn('node'", "encoded"),
		"an encoded PowerShell command":      js("require('child_process').exec('powershell -NoP -enc "+blob()+"')\n", "exec(", "PowerShell"),
		"exec of b64decode":                  py("import base64\nexec(base64.b64decode('"+blob()+"'))\n", "exec", "encoded string"),
		"eval of compile of zlib":            py("import zlib, base64\neval(compile(zlib.decompress(base64.b64decode(b'"+blob()+"')), '<s>', 'exec'))\n", "eval", ""),
		"a lambda with the imports inside":   py("_ = lambda __ : __import__('zlib').decompress(__import__('base64').b64decode(__[::-1]));exec((_)(b'"+blob()+"'))\n", "exec", "encoded"),
		"a string in a name":                 py("import base64\npayload = \"\"\"\n"+blob()+"\n\"\"\"\nexec(base64.b64decode(payload))\n", "exec(", "payload"),
		"bytes as hexadecimal":               py("exec(bytes.fromhex('"+hexBlob()+"').decode())\n", "exec", "hexadecimal"),
		"bytes as escapes":                   py("import marshal\nexec(marshal.loads(b'"+escapes(harmless)+"'))\n", "exec", "escapes"),
		"builtins by name":                   py("import builtins, base64\nbuiltins.exec(base64.b64decode('"+blob()+"'))\n", "builtins.exec", "encoded"),
		"decoded twice from elsewhere":       py("import zlib, base64\nfrom . import data\nexec(zlib.decompress(base64.b64decode(data.D)))\n", "exec(", "b64decode and decompress"),
		"another Python that is given it":    py("import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import base64; exec(base64.b64decode(\""+blob()+"\"))'])\n", "Popen", "decodes a long string"),
		"a text in another encoding":         py("# -*- coding: rot13 -*-\ncevag('n fcrpvzra')\n", "coding", "rot13"),
		"a shell file that pipes a decoding": {assay.NPM, files{"package.json": manifest(""), "run.sh": "echo " + blob() + " | base64 -d | bash\n"}, ExecutesEncoded, "run.sh", "echo", "decoded"},
	} {
		t.Run(what, func(t *testing.T) {
			if what == "eval of compile of zlib" { // both calls run it
				if got := scanned(t, s.eco, s.files, nil); len(got) == 0 || got[0].ID != ExecutesEncoded || got[0].Line != 2 {
					t.Errorf("%v", got)
				}
				return
			}
			s.judge(t)
		})
	}
}

func TestCodeOfAnObfuscator(t *testing.T) {
	var b strings.Builder
	b.WriteString("'use strict';\nvar _0x1a2b=['log','push'];")
	for range 80 {
		b.WriteString("_0x3c4d(_0x1a2b['\\x70\\x75']);")
	}
	specimen{assay.NPM, files{"package.json": manifest(""), "index.js": b.String()}, ObfuscatedCode, "index.js", "_0x1a2b", "names like _0x1a2b"}.judge(t)
	specimen{assay.PyPI, files{"specimen/a.py": "from pyarmor_runtime import __pyarmor__\n__pyarmor__(__name__, __file__, b'" + escapes(harmless) + "')\n"}, ObfuscatedCode, "specimen/a.py", "__pyarmor__(", "PyArmor"}.judge(t)
}

func TestOrdinaryCodeIsNotTakenForHidden(t *testing.T) {
	js := func(text string) specimen {
		return specimen{eco: assay.NPM, files: files{"package.json": manifest(""), "index.js": text}}
	}
	py := func(text string) specimen {
		return specimen{eco: assay.PyPI, files: files{"specimen/a.py": text}}
	}
	for what, s := range map[string]specimen{
		"an image in base64":               js("module.exports = 'data:image/png;base64," + blob() + "'\n"),
		"a module of WebAssembly":          js("const wasm = Buffer.from('" + blob() + "', 'base64')\nnew WebAssembly.Module(wasm)\nnew Function('return this')()\n"),
		"eval in a comment":                js("// eval(atob('" + blob() + "'))\n/* eval(atob('" + blob() + "')) */\n"),
		"eval in a string":                 js("const s = \"eval(atob('" + blob() + "'))\"\n"),
		"eval in a regular expression":     js("const r = /eval(atob('x'))/; const q = '" + blob() + "'\n"),
		"a bundler's eval":                 js("eval(\"__require__.r(x);\\n\\n//# sourceURL=./a.js?\")\n" + "var a = '" + blob() + "'\n"),
		"very long lines":                  js(strings.Repeat("var a=b(c,d);", 20000)),
		"a short name used for other work": js("var e=atob('" + blob() + "');use(e);" + strings.Repeat("f(1);", 300) + "function g(e){return Function(e)}"),
		"a table of escapes":               js("const table = '" + escapes(harmless) + "'\n"),
		"letters of many languages":        js("const s = '" + strings.Repeat("日本語テキスト", 30) + "'\neval('1')\n"),
		"an emoji picker":                  js("const s = '" + strings.Repeat("❤️", 20) + "'\neval('1')\n"),
		"a few names of an obfuscator":     js("const _0x1a2b = 1; module.exports = _0x1a2b\n" + strings.Repeat("f();\n", 100)),
		"a version that is executed":       py("exec(open('version.py').read())\nfor k in range(3): exec('x%d = %d' % (k, k))\n"),
		"a compiled expression":            py("import re, base64\nr = re.compile('" + blob() + "')\nkey = base64.b64decode('" + blob() + "')\n"),
		"a frame's eval":                   py("import base64\nd = base64.b64decode('" + blob() + "')\nframe.eval('a + b')\n"),
		"an ordinary encoding":             py("# -*- coding: utf-8 -*-\nprint(1)\n"),
		"an encoded test vector":           py("VECTOR = bytes.fromhex('" + hexBlob() + "')\nimport subprocess\nsubprocess.run(['ls', VECTOR])\n"),
	} {
		t.Run(what, s.judge)
	}
}
