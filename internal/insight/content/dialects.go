package content

import (
	"bytes"
	"path"
	"strings"
)

// dialects are the languages that are read. The words are those that a signal
// asks for; a word in several classes is in all of them.
type dialects struct{ javascript, python, rust, golang *dialect }

func newDialects() dialects {
	return dialects{
		javascript: newDialect(dialect{name: "JavaScript", tick: template, regex: true}, map[class]string{
			executes: "eval Function runInThisContext runInNewContext runInContext _compile Script compileFunction",
			starts:   "exec execSync spawn spawnSync execFile execFileSync fork dlopen",
			decodes:  "atob unescape decodeURIComponent fromCharCode fromCodePoint inflateSync inflateRawSync gunzipSync unzipSync brotliDecompressSync decompress decompressFromBase64 createDecipheriv createDecipher decrypt",
			unpacks:  "from Buffer",
			sends:    "post put sendBeacon lookup resolve4 resolve6 resolveTxt resolveAny connect createConnection",
			asks:     "fetch request get axios got WebSocket XMLHttpRequest",
			reads:    "readFileSync readFile createReadStream copyFileSync copyFile",
			imports:  "require import from",
			dumps:    "stringify entries encode serialize",
		}),
		python: newDialect(dialect{name: "Python", hash: true, triple: true}, map[class]string{
			executes: "exec eval compile",
			starts:   "system popen Popen call check_call check_output run startfile getoutput spawnl spawnlp spawnv spawnvp execv execvp execl CDLL",
			decodes:  "b64decode b32decode b16decode b85decode a85decode urlsafe_b64decode standard_b64decode decompress unhexlify a2b_base64 fromhex decrypt loads rot13 rot_13 decodebytes decodestring chr bytes reversed",
			sends:    "post put sendall sendmail sendto PostForm gethostbyname connect",
			asks:     "urlopen urlretrieve get request Request HTTPSConnection HTTPConnection",
			reads:    "open read_text read_bytes copyfile copy",
			imports:  "import from __import__ import_module",
			dumps:    "dict dumps str repr list urlencode",
			whole:    "environ",
		}),
		rust: newDialect(dialect{name: "Rust", nested: true, chars: true}, map[class]string{
			starts: "Command Library",
			sends:  "post put send_to connect",
			asks:   "reqwest ureq attohttpc isahc minreq hyper TcpStream UdpSocket get lookup_host",
			reads:  "read_to_string read File copy",
			dumps:  "vars vars_os",
		}),
		golang: newDialect(dialect{name: "Go", tick: raw}, map[class]string{
			starts:  "Command CommandContext StartProcess",
			sends:   "Post PostForm Dial DialTimeout LookupHost LookupTXT LookupIP",
			asks:    "NewRequest NewRequestWithContext Get",
			reads:   "ReadFile Open OpenFile",
			imports: "import",
			dumps:   "Environ",
		}),
	}
}

// language is what a file is read as.
type language uint8

const (
	otherLanguage language = iota
	javascript
	python
	rust
	golang
	shell
)

// languageOf tells by a file's name and its first bytes what would run it.
func languageOf(name string, start []byte) language {
	base := strings.ToLower(path.Base(name))
	switch path.Ext(base) {
	case ".js", ".cjs", ".mjs", ".jsx", ".tsx", ".ts", ".mts", ".cts":
		if strings.Contains(base, ".d.") && strings.HasSuffix(base, "ts") {
			return otherLanguage // types alone
		}
		return javascript
	case ".py", ".pyw", ".pth", ".pyi":
		return python
	case ".rs":
		return rust
	case ".go":
		if strings.HasSuffix(base, "_test.go") {
			return otherLanguage // never part of what is built with the package
		}
		return golang
	case ".sh", ".bash", ".zsh", ".ksh", ".bat", ".cmd", ".ps1", ".psm1", ".command":
		return shell
	case "":
		line := start[:lineEnd(start, 0)]
		if !bytes.HasPrefix(line, []byte("#!")) {
			return otherLanguage
		}
		for _, known := range []struct {
			word string
			is   language
		}{{"node", javascript}, {"bun", javascript}, {"deno", javascript}, {"python", python}, {"sh", shell}} {
			if bytes.Contains(line, []byte(known.word)) {
				return known.is
			}
		}
	}
	return otherLanguage
}

func (d *dialects) of(l language) *dialect {
	switch l {
	case javascript:
		return d.javascript
	case python:
		return d.python
	case rust:
		return d.rust
	case golang:
		return d.golang
	}
	return nil
}

// networkModules are those whose import means that a text may talk to the
// network, by language.
var networkModules = map[language]string{
	javascript: " http https http2 net tls dgram dns dns/promises axios got node-fetch undici request needle superagent ws phin bent follow-redirects cross-fetch isomorphic-fetch ",
	python:     " socket urllib.request urllib2 requests httpx aiohttp http.client httplib ftplib smtplib telnetlib websocket websockets urllib3 xmlrpc.client pycurl ",
	golang:     " net net/http net/smtp net/rpc net/http/httputil crypto/tls ",
}

func isNetworkModule(l language, module string) bool {
	return module != "" && !strings.ContainsAny(module, " ") && strings.Contains(networkModules[l], " "+module+" ")
}
