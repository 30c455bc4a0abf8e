package content

import (
	"bytes"
	"path"
	"regexp"
	"strings"
)

// fetchesInWords is a quick look at whether a command line could fetch.
func fetchesInWords(text []byte) bool {
	for _, word := range [...]string{"curl", "wget", "iwr", "irm", "Invoke-", "invoke-", "ownload", "certutil", "bitsadmin", "mshta", "regsvr32", "://"} {
		if bytes.Contains(text, []byte(word)) {
			return true
		}
	}
	return bytes.Contains(text, []byte("ncodedCommand")) || bytes.Contains(text, []byte("owershell")) || bytes.Contains(text, []byte("base64"))
}

const (
	fetcher     = `(?:curl|wget|iwr|irm|invoke-webrequest|invoke-restmethod|fetch)(?:\.exe)?`
	interpreter = `(?:sh|bash|zsh|dash|ksh|node|bun|deno|python[0-9.]*|perl|ruby|php|iex|invoke-expression|powershell|pwsh|cmd|osascript)(?:\.exe)?`
)

// The ways in which one command line fetches and runs. They are tried on text
// that fetchesInWords let through, a line at a time.
var (
	pipedToShell   = regexp.MustCompile(`(?i)(?:^|[\s;&|("'` + "`" + `@])` + fetcher + `\s[^\n;]*?\|\s*(?:sudo\s+(?:-\S+\s+)*|env\s+|nohup\s+|exec\s+)?(?:/usr)?(?:/local)?(?:/bin/)?` + interpreter + `(?:[\s;&|)"'` + "`" + `\\]|$)`)
	shellOfFetched = regexp.MustCompile(`(?i)(?:` + interpreter + `|eval|source|\.)\s+(?:-\S+\s+)*["'\\]*(?:\$\(|<\(|` + "`" + `)\s*` + fetcher + `\s`)
	runsDownloaded = regexp.MustCompile(`(?i)(?:iex|invoke-expression|&)\s*[("']+[^\n]*?(?:downloadstring|downloadfile|` + fetcher + `\s)|downloadstring\s*\([^\n]*?\|\s*(?:iex|invoke-expression)`)
	scriptHost     = regexp.MustCompile(`(?i)(?:^|[\s;&|("'])(?:mshta(?:\.exe)?\s+["']?(?:https?:|javascript:|vbscript:)|regsvr32(?:\.exe)?\s[^\n]*?/i:https?:)`)
	installsFrom   = regexp.MustCompile(`(?i)(?:^|[\s;&|("'])(?:npx|npm\s+(?:i|install|exec)|pnpm\s+(?:add|dlx)|yarn\s+(?:add|dlx)|bun\s+add|pip[0-9.]*\s+install)\s+(?:--?[a-z][a-z-]*\s+)*["']?(?:git\+)?https?://`)
	encodedCommand = regexp.MustCompile(`(?i)(?:powershell|pwsh)[^\n]*?\s-(?:e|ec|en|enc|enco[a-z]*)\s+["']?[a-z0-9+/=]{100}`)
	decodedToShell = regexp.MustCompile(`(?i)base64(?:\.exe)?\s+(?:-d|-D|--decode)[^\n;]*?\|\s*(?:sudo\s+)?(?:/usr)?(?:/bin/)?` + interpreter + `(?:[\s;&|)"']|$)`)
	sendsFile      = regexp.MustCompile(`(?i)(?:curl|wget|nc|ncat|iwr|irm|invoke-webrequest|invoke-restmethod)(?:\.exe)?\s`)
	postsData      = regexp.MustCompile(`(?i)\s(?:-d|--data[a-z-]*|-F|--form|-T|--upload-file|--post-data|--post-file|--body-file|-body|-infile|--json)[=\s@"']|(?:^|[\s|])(?:nc|ncat)\s+\S+\s+[0-9]|\$\(|` + "`")
	wholeShellEnv  = regexp.MustCompile(`(?:^|[\s;&|($` + "`" + `])(?:env|printenv|set|export -p)\s*(?:\||\)|` + "`" + `|>)`)
)

// shellFind is what one line of a command text does.
type shellFind struct {
	at   int // of the line
	id   string
	does string
}

// shellFinds reads a text of shell commands: of a package.json's script, of a
// script's file, of a string that is handed to a shell. Comment lines are left
// out.
func shellFinds(text []byte) []shellFind {
	if !fetchesInWords(text) && !bytes.Contains(text, []byte("nc ")) {
		return nil
	}
	var finds []shellFind
	for at := 0; at < len(text) && len(finds) < 16; {
		end := lineEnd(text, at)
		for end < len(text) && end > at && (text[end-1] == '\\' || text[end-1] == '^') && end-at < 8192 {
			end = lineEnd(text, end+1) // it goes on
		}
		line := bytes.ReplaceAll(text[at:min(end, at+16384)], []byte("\\\n"), []byte("  "))
		if trimmed := bytes.TrimLeft(line, " \t"); len(trimmed) > 0 && trimmed[0] != '#' && (fetchesInWords(line) || bytes.Contains(line, []byte("nc "))) {
			if id, does := lineFind(line); id != "" {
				finds = append(finds, shellFind{at, id, does})
			}
		}
		at = end + 1
	}
	if !has(finds, InstallScriptFetches) {
		if at, does := downloadedThenRun(text); does != "" {
			finds = append(finds, shellFind{at, InstallScriptFetches, does})
		}
	}
	return finds
}

func has(finds []shellFind, id string) bool {
	for _, f := range finds {
		if f.id == id {
			return true
		}
	}
	return false
}

func lineFind(line []byte) (id, does string) {
	for _, way := range []struct {
		re   *regexp.Regexp
		id   string
		does string
	}{
		{pipedToShell, InstallScriptFetches, "pipes what it fetches into an interpreter"},
		{shellOfFetched, InstallScriptFetches, "runs what it fetches"},
		{runsDownloaded, InstallScriptFetches, "runs what it downloads"},
		{scriptHost, InstallScriptFetches, "has a script host run an address"},
		{installsFrom, InstallScriptFetches, "installs a package from an address"},
		{encodedCommand, ExecutesEncoded, "runs an encoded PowerShell command"},
		{decodedToShell, ExecutesEncoded, "pipes a decoded text into an interpreter"},
	} {
		if m := way.re.Find(line); m != nil {
			return way.id, way.does + ": " + shown(string(m), 100)
		}
	}
	if sendsFile.Match(line) && postsData.Match(line) {
		what := secretIn(pathsOnly(line))
		if what == "" && wholeShellEnv.Match(line) {
			what = "the whole environment"
		}
		if what != "" && hostIn(addressIn(line)) != "" {
			return CredentialRead, "sends " + what + ": " + shown(string(line), 100)
		}
	}
	return "", ""
}

// pathsOnly is a line without the quotes that part a path.
func pathsOnly(line []byte) []byte { return bytes.ReplaceAll(line, []byte(`"`), nil) }

// addressIn is the first word of a line that a host could stand in.
func addressIn(line []byte) []byte {
	for _, word := range bytes.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\"'`|&;()<>", r) }) {
		if bytes.Contains(word, []byte("://")) && hostIn(word) != "" {
			return word
		}
	}
	for _, word := range bytes.Fields(line) {
		if !bytes.ContainsAny(word, "/~$@=") && hostIn(word) != "" {
			return word
		}
	}
	return nil
}

// command is one simple command of a shell text: its words, without quotes.
type command struct {
	at    int
	words []string
}

// commands splits a shell text, as far as a look at it needs: words, quotes,
// and what parts commands.
func commands(text []byte, most int) []command {
	var out []command
	var words []string
	var word strings.Builder
	started, at := false, 0
	endWord := func() {
		if started {
			words = append(words, word.String())
			word.Reset()
			started = false
		}
	}
	endCommand := func(next int) {
		endWord()
		if len(words) > 0 {
			out = append(out, command{at, words})
			words = nil
		}
		at = next
	}
	for i := 0; i < len(text) && len(out) < most; i++ {
		switch c := text[i]; c {
		case '\'', '"':
			started = true
			for i++; i < len(text) && text[i] != c; i++ {
				if text[i] == '\\' && c == '"' && i+1 < len(text) {
					i++
				}
				word.WriteByte(text[i])
			}
		case '\\':
			if i++; i < len(text) && text[i] != '\n' {
				word.WriteByte(text[i])
				started = true
			}
		case ' ', '\t', '\r':
			endWord()
		case '#':
			if !started {
				i = lineEnd(text, i) - 1
				continue
			}
			word.WriteByte(c)
		case '\n', ';', '&', '|', '(', ')', '{', '}', '`':
			endCommand(i + 1)
		case '>':
			endWord()
			words = append(words, ">")
		default:
			word.WriteByte(c)
			started = true
		}
	}
	endCommand(len(text))
	return out
}

// program is the command's program and its arguments, without what only
// starts it.
func (c command) program() (string, []string) {
	words := c.words
	for len(words) > 0 {
		first := strings.TrimSuffix(strings.ToLower(path.Base(strings.ReplaceAll(words[0], `\`, "/"))), ".exe")
		switch {
		case strings.Contains(words[0], "=") && !strings.HasPrefix(words[0], "-"):
			words = words[1:]
			continue
		case first == "sudo" || first == "nohup" || first == "env" || first == "exec" || first == "start" || first == "cross-env" || first == "command" || first == "then" || first == "do" || first == "else" || first == "if" || first == "!":
			words = words[1:]
			for len(words) > 0 && (strings.HasPrefix(words[0], "-") || strings.HasPrefix(words[0], "/") && len(words[0]) < 3) {
				words = words[1:]
			}
			continue
		}
		return first, words[1:]
	}
	return "", nil
}

// downloadedThenRun finds a download to a file that a later command runs.
func downloadedThenRun(text []byte) (at int, does string) {
	downloaded := map[string]bool{}
	for _, c := range commands(text, 4096) {
		name, args := c.program()
		switch name {
		case "curl", "wget", "iwr", "invoke-webrequest", "certutil", "bitsadmin":
			if target := outputOf(name, args); target != "" && len(downloaded) < 64 {
				downloaded[target] = true
			}
			continue
		case "chmod", "sh", "bash", "zsh", "dash", "node", "bun", "python", "python2", "python3", "perl", "ruby", "cmd", "powershell", "pwsh", "source", "open", "rundll32", "regsvr32", "msiexec":
			for _, arg := range args {
				if downloaded[fileBase(arg)] && (name != "chmod" || runnable(args)) {
					return c.at, "downloads " + shown(fileBase(arg), 60) + " and runs it: " + shown(strings.Join(c.words, " "), 80)
				}
			}
		default:
			if len(c.words) > 0 && downloaded[fileBase(name)] && strings.ContainsAny(strings.Join(c.words, " "), `./\%$`) {
				return c.at, "downloads " + shown(name, 60) + " and runs it: " + shown(strings.Join(c.words, " "), 80)
			}
		}
	}
	return 0, ""
}

func runnable(args []string) bool {
	for _, a := range args {
		if strings.HasPrefix(a, "+x") || strings.Contains(a, "+x") || len(a) >= 3 && strings.Trim(a, "01234567") == "" && strings.ContainsAny(a, "157") {
			return true
		}
	}
	return false
}

// fileBase is a path's last segment, as both worlds write paths, in lower
// case: a program's name comes in it too.
func fileBase(p string) string {
	return strings.TrimSuffix(strings.ToLower(path.Base(strings.ReplaceAll(p, `\`, "/"))), ".exe")
}

// outputOf is the base name of the file that a download writes; "" if it
// writes none.
func outputOf(name string, args []string) string {
	address, toFile := "", name == "wget" || name == "certutil" || name == "bitsadmin"
	last := ""
	for i, a := range args {
		switch lower := strings.ToLower(a); {
		case a == ">" && i+1 < len(args), (a == "-o" || lower == "--output" || lower == "-outfile" || a == "-O" && name == "wget" || lower == "--output-document") && i+1 < len(args):
			return fileBase(args[i+1])
		case strings.HasPrefix(lower, "--output="), strings.HasPrefix(lower, "--output-document="):
			_, v, _ := strings.Cut(a, "=")
			return fileBase(v)
		case len(a) > 1 && a[0] == '-' && a[1] != '-' && name == "curl" && strings.HasSuffix(a, "o") && i+1 < len(args):
			return fileBase(args[i+1]) // -fsSLo FILE
		case a == "--remote-name" || name == "curl" && len(a) > 1 && a[0] == '-' && a[1] != '-' && strings.Contains(a, "O"):
			toFile = true
		case strings.Contains(a, "://"):
			address = a
		}
		last = a
	}
	switch {
	case !toFile || address == "":
		return ""
	case (name == "certutil" || name == "bitsadmin") && last != address:
		return fileBase(last)
	}
	if i := strings.IndexAny(address, "?#"); i >= 0 {
		address = address[:i]
	}
	return fileBase(address)
}
