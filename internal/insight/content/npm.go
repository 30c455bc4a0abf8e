package content

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"
)

// npmPackage is what a package.json says that runs at install.
type npmPackage struct {
	read     bool
	raw      []byte
	scripts  map[string]string
	main     string
	platform bool   // made for some systems or processors alone
	noGyp    bool   // "gypfile": false
	gyp      []byte // binding.gyp, which npm builds unasked
}

// maxManifest is how much of a package.json or binding.gyp is read.
const maxManifest = 1 << 20

// hooks are the scripts that npm runs when a package is installed from a
// registry.
func hooks() []string { return []string{"preinstall", "install", "postinstall"} }

// readManifest reads a package.json; false if it is none. Keys are taken by
// their exact spelling, the last one counts, as npm reads them.
func (n *npmPackage) readManifest(raw []byte) bool {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil || all == nil {
		return false
	}
	n.read, n.raw, n.scripts = true, raw, map[string]string{}
	var scripts map[string]json.RawMessage
	if json.Unmarshal(all["scripts"], &scripts) == nil {
		for name, value := range scripts {
			var text string
			if json.Unmarshal(value, &text) == nil && strings.TrimSpace(text) != "" {
				n.scripts[name] = text
			}
		}
	}
	_ = json.Unmarshal(all["main"], &n.main) // no text: no main
	n.noGyp = string(bytes.TrimSpace(all["gypfile"])) == "false"
	for _, key := range []string{"os", "cpu"} {
		var list []string
		var one string
		if json.Unmarshal(all[key], &list) == nil && slices.ContainsFunc(list, func(s string) bool { return s != "" && s[0] != '!' && s != "any" }) ||
			json.Unmarshal(all[key], &one) == nil && one != "" && one[0] != '!' && one != "any" {
			n.platform = true
		}
	}
	return true
}

// buildsUnasked tells whether npm runs node-gyp because of a binding.gyp.
func (n *npmPackage) buildsUnasked() bool {
	return n.gyp != nil && !n.noGyp && n.scripts["install"] == "" && n.scripts["preinstall"] == ""
}

// runsAtInstall names what npm runs at install.
func (n *npmPackage) runsAtInstall() []string {
	var names []string
	for _, hook := range hooks() {
		if n.scripts[hook] != "" {
			names = append(names, hook)
		}
	}
	if n.buildsUnasked() {
		names = append(names, "binding.gyp")
	}
	return names
}

// scriptLine is the line of the manifest on which a script stands.
func (n *npmPackage) scriptLine(name string) int {
	from := max(bytes.Index(n.raw, []byte(`"scripts"`)), 0)
	at := bytes.Index(n.raw[from:], []byte(`"`+name+`"`))
	if at < 0 {
		return 1
	}
	return 1 + bytes.Count(n.raw[:from+at], []byte{'\n'})
}

// started is what a script starts: a file of the package, or code written into
// the command.
type started struct {
	file   string
	inline string
	is     language
}

// startedBy reads what a command text starts, scripts that it runs by name
// included.
func (n *npmPackage) startedBy(text string, depth int) []started {
	var out []started
	for _, c := range commands([]byte(text), 256) {
		name, args := c.program()
		switch {
		case slices.Contains([]string{"npm", "yarn", "pnpm", "bun"}, name) && depth < 5 && len(args) > 0:
			script := args[0]
			if (script == "run" || script == "run-script") && len(args) > 1 {
				script = args[1]
			}
			if inner := n.scripts[script]; inner != "" {
				out = append(out, started{inline: inner, is: shell})
				out = append(out, n.startedBy(inner, depth+1)...)
			} else if name == "bun" {
				out = append(out, started{file: script, is: javascript})
			}
		case slices.Contains([]string{"node", "nodejs", "ts-node", "tsx", "deno", "jiti"}, name):
			out = append(out, interpreted(args, javascript, "-e", "--eval", "-p", "-pe", "--print")...)
		case strings.HasPrefix(name, "python") || name == "py":
			out = append(out, interpreted(args, python, "-c")...)
		case slices.Contains([]string{"sh", "bash", "zsh", "dash", "powershell", "pwsh", "cmd", "source", "."}, name):
			for _, s := range interpreted(args, shell, "-c", "-Command", "/c") {
				if s.inline != "" && depth < 5 {
					out = append(out, n.startedBy(s.inline, depth+1)...)
				}
				out = append(out, s)
			}
		case len(c.words) > 0 && (strings.ContainsAny(c.words[0], "/.") || name != ""):
			out = append(out, started{file: strings.ReplaceAll(c.words[0], `\`, "/")})
		}
		if len(out) > 64 {
			break
		}
	}
	return out
}

func interpreted(args []string, is language, eval ...string) []started {
	for i, a := range args {
		switch {
		case slices.Contains(eval, a):
			if i+1 < len(args) {
				return []started{{inline: args[i+1], is: is}}
			}
			return nil
		case a == "-r" || a == "--require" || a == "--import":
			if i+1 < len(args) {
				return append([]started{{file: args[i+1], is: is}}, interpreted(args[i+2:], is, eval...)...)
			}
		case a == "run" || strings.HasPrefix(a, "-"):
		default:
			return []started{{file: strings.ReplaceAll(a, `\`, "/"), is: is}}
		}
	}
	return nil
}

// candidates are the files that a path may mean to Node.
func candidates(name string) []string {
	name = path.Clean(name)
	if strings.HasPrefix(name, "../") || name == ".." || strings.HasPrefix(name, "/") {
		return nil
	}
	all := []string{name}
	for _, ext := range []string{".js", ".cjs", ".mjs", ".ts"} {
		all = append(all, name+ext)
	}
	for _, ext := range []string{".js", ".cjs", ".mjs", ".ts"} {
		all = append(all, path.Join(name, "index"+ext))
	}
	if stem, ok := strings.CutSuffix(name, ".js"); ok { // TypeScript's habit
		all = append(all, stem+".ts")
	}
	return all
}

// gypCommand is a command that node-gyp runs while it reads a binding.gyp.
var gypCommand = regexp.MustCompile(`<!@?\(([^\n]+)`)
