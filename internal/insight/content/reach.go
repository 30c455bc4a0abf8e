package content

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"assay.invalid/internal/assay"
)

const (
	maxReach = 256 // files followed from one install script
	maxDeep  = 4   // imports between it and them
)

// judgeInstall applies the rule over what runs at install: what is started, and
// what that imports from the package.
func (c *collector) judgeInstall() {
	switch c.file.Ecosystem {
	case assay.NPM:
		for _, hook := range hooks() {
			if text := c.npm.scripts[hook]; text != "" {
				c.judgeHook(hook, text)
			}
		}
		if c.npm.buildsUnasked() || c.npm.gyp != nil && c.npm.runsGyp() {
			c.judgeGyp()
		}
	case assay.PyPI:
		for _, name := range c.pth {
			c.judgeReach("each start of Python", name, 1)
		}
		if c.form != sourcePackage {
			return
		}
		c.judgeReach("setup.py", "setup.py", 2)
		if m := buildBackend.FindSubmatch(c.pyproject); m != nil {
			if dir := backendPath.FindSubmatch(c.pyproject); dir != nil {
				c.judgeReach("the build backend", path.Join(string(dir[1]), strings.ReplaceAll(string(m[1]), ".", "/")+".py"), 2)
			}
		}
	case assay.Cargo:
		script := c.buildScript()
		if script == "" {
			return
		}
		c.judgeReach("the build script", script, 1)
		dir := path.Dir(script)
		if dir == "." {
			dir = "build"
		}
		if dir == "src" {
			return // the library itself
		}
		for _, name := range c.sortedProfiles() {
			if strings.HasPrefix(name, dir+"/") && name != script && !aside(name) {
				c.judgeReach("the build script", name, 1)
			}
		}
	}
}

// unread are the files that install scripts hand to an interpreter although
// they are not named as source: node ./logo.bin.
func (c *collector) unread() map[string]language {
	files := map[string]language{}
	for _, hook := range hooks() {
		for _, s := range c.npm.startedBy(c.npm.scripts[hook], 0) {
			name := path.Clean(s.file)
			if s.file == "" || s.is == otherLanguage || name == "." || strings.HasPrefix(name, "../") {
				continue
			}
			if _, read := c.languages[name]; !read && !c.hasOther(name) {
				files[name] = s.is
			}
		}
	}
	return files
}

// hasOther tells whether a path without an ending means a file that was read.
func (c *collector) hasOther(name string) bool {
	for _, n := range candidates(name) {
		if _, read := c.languages[n]; read {
			return true
		}
	}
	return false
}

func (c *collector) sortedProfiles() []string {
	names := make([]string, 0, len(c.profiles))
	for name := range c.profiles {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// runsGyp tells whether an install script builds with binding.gyp.
func (n *npmPackage) runsGyp() bool {
	for _, hook := range hooks() {
		if text := n.scripts[hook]; strings.Contains(text, "node-gyp") || strings.Contains(text, "node-pre-gyp") || strings.Contains(text, "prebuild") {
			return true
		}
	}
	return false
}

// judgeHook reads one script of a package.json.
func (c *collector) judgeHook(hook, text string) {
	line := c.npm.scriptLine(hook)
	for _, f := range shellFinds([]byte(text)) {
		c.signal(f.id, "package.json", line, hook+" "+f.does)
	}
	for _, s := range c.npm.startedBy(text, 0) {
		switch {
		case s.inline != "":
			c.judgeInline(hook, "package.json", line, s)
		case s.file == "." && c.npm.main != "":
			c.judgeReach(hook, c.npm.main, maxDeep)
		default:
			c.judgeReach(hook, s.file, maxDeep)
		}
	}
}

// judgeInline reads code that stands in a command: node -e "...".
func (c *collector) judgeInline(hook, file string, line int, s started) {
	d := c.dialects.of(s.is)
	if d == nil {
		for _, f := range shellFinds([]byte(s.inline)) {
			c.signal(f.id, file, line, hook+" "+f.does)
		}
		return
	}
	text := []byte(s.inline)
	src := lex(file, d, text, make([]byte, len(text)))
	for _, f := range append(src.executesEncoded(), src.credentialsSent()...) {
		c.signal(f.id, file, line, hook+": "+f.does)
	}
	p := src.profileOf(s.is)
	switch {
	case p.both.what != "":
		c.signal(InstallScriptFetches, file, line, hook+": "+p.both.what)
	case s.is == javascript && p.fetches.what != "" && p.runs.what != "":
		c.signal(InstallScriptFetches, file, line, hook+" "+p.fetches.what+" and "+p.runs.what)
	}
	for _, module := range p.modules {
		c.judgeReach(hook, module, maxDeep-1)
	}
}

// judgeGyp reads the commands that node-gyp runs while it reads a binding.gyp.
func (c *collector) judgeGyp() {
	for _, at := range gypCommand.FindAllSubmatchIndex(c.npm.gyp, 64) {
		text := unescaped(c.npm.gyp[at[2]:at[3]])
		line := 1 + strings.Count(string(c.npm.gyp[:at[0]]), "\n")
		for _, f := range shellFinds(text) {
			c.signal(f.id, "binding.gyp", line, f.does)
		}
		for _, s := range c.npm.startedBy(string(text), 0) {
			if s.inline != "" {
				c.judgeInline("binding.gyp", "binding.gyp", line, s)
			} else {
				c.judgeReach("binding.gyp", s.file, maxDeep)
			}
		}
	}
}

// judgeReach follows the imports of one file and says where something that is
// fetched is run.
func (c *collector) judgeReach(hook, file string, deep int) {
	entry, ok := c.resolve(file)
	if !ok {
		return
	}
	type step struct {
		name string
		deep int
	}
	seen := map[string]bool{entry: true}
	first := c.profiles[entry]
	for queue := []step{{entry, 0}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		p := c.profiles[at.name]
		switch {
		case p.both.what != "":
			c.signal(InstallScriptFetches, at.name, p.both.at, hook+": "+p.both.what)
			return
		case c.languages[at.name] != javascript:
		case p.fetches.what != "" && p.runs.what != "":
			c.signal(InstallScriptFetches, at.name, p.fetches.at, hook+" "+p.fetches.what+" and "+p.runs.what+" (line "+strconv.Itoa(p.runs.at)+")")
			return
		case p != first && first.fetches.what != "" && p.runs.what != "":
			c.signal(InstallScriptFetches, entry, first.fetches.at, hook+" "+first.fetches.what+", and "+at.name+" "+p.runs.what)
			return
		case p != first && first.runs.what != "" && p.fetches.what != "":
			c.signal(InstallScriptFetches, entry, first.runs.at, hook+" "+first.runs.what+", and "+at.name+" "+p.fetches.what)
			return
		}
		if at.deep == deep {
			continue
		}
		for _, module := range p.modules {
			if next, ok := c.resolveFrom(at.name, module); ok && !seen[next] && len(seen) < maxReach {
				seen[next] = true
				queue = append(queue, step{next, at.deep + 1})
			}
		}
	}
}

// resolve finds the file that a path means.
func (c *collector) resolve(name string) (string, bool) {
	for _, n := range candidates(name) {
		if c.profiles[n] != nil {
			return n, true
		}
	}
	return "", false
}

// resolveFrom finds the file that an import means.
func (c *collector) resolveFrom(importer, module string) (string, bool) {
	if c.languages[importer] != python {
		if strings.HasPrefix(module, ".") {
			return c.resolve(path.Join(path.Dir(importer), module))
		}
		return c.resolve(module)
	}
	rest := strings.TrimLeft(module, ".")
	up := len(module) - len(rest)
	dir := path.Dir(importer)
	for range up - 1 {
		dir = path.Dir(dir)
	}
	base := path.Join(dir, strings.ReplaceAll(rest, ".", "/"))
	for _, name := range []string{base + ".py", path.Join(base, "__init__.py")} {
		if c.profiles[name] != nil {
			return name, true
		}
	}
	return "", false
}
