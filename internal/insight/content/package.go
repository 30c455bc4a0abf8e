package content

import (
	"bytes"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

// collector reads the entries of one archive and keeps what the rules over the
// whole package need.
type collector struct {
	limits    Limits
	dialects  *dialects
	file      assay.Coordinate
	form      packageForm
	compare   bool // only what the version after is compared with
	left      int64
	notes     int
	signals   []assay.Signal
	profiles  map[string]*profile
	languages map[string]language
	npm       npmPackage
	pyproject []byte
	cargo     []byte
	binaries  []binaryFound
	seen      map[string]bool
	wanted    map[string]language // on a second walk, the only texts that are read, and as what
	pth       []string            // .pth files that run code
	network   spot
	text      []byte
	mask      []byte
}

type binaryFound struct{ name, is string }

// spot is a place in a file of the archive.
type spot struct {
	file string
	line int
	what string
}

// packageForm is what an archive is to those who install it.
type packageForm uint8

const (
	sourcePackage packageForm = iota
	builtPackage              // a wheel, a jar
)

func (c *collector) signal(id, file string, line int, saw string) {
	n := 0
	for i := range c.signals {
		if c.signals[i].ID == id && c.signals[i].File == file {
			n++
		}
	}
	if n < perFile && len(c.signals) < 4*c.limits.Signals {
		c.signals = append(c.signals, assay.Signal{ID: id, File: shown(file, 200), Line: line, Saw: shown(saw, 200)})
	}
}

// incomplete says that something was not read. Each reason stands for the
// first file that it was met in.
func (c *collector) incomplete(file, why string) {
	for i := range c.signals {
		if c.signals[i].ID == ScanIncomplete && c.signals[i].Saw == shown(why, 200) {
			return
		}
	}
	c.signals = append(c.signals, assay.Signal{ID: ScanIncomplete, File: shown(file, 200), Saw: shown(why, 200)})
}

// inside is an entry's name below the top folder that installers drop.
func (c *collector) inside(name string) string {
	switch {
	case c.form == builtPackage:
		return name
	case c.file.Ecosystem == assay.Golang:
		if i := strings.IndexByte(name, '@'); i >= 0 {
			if j := strings.IndexByte(name[i:], '/'); j >= 0 {
				return name[i+j+1:]
			}
		}
		return name
	}
	if _, rest, ok := strings.Cut(name, "/"); ok {
		return rest
	}
	return name
}

// entry reads one entry.
func (c *collector) entry(e *archive.Entry) error {
	if e.Kind != archive.File || e.Size == 0 {
		return nil
	}
	name := c.inside(e.Name)
	c.text = c.text[:0]
	start, err := c.read(e.Content, min(e.Size, peeked))
	if err != nil {
		return err
	}
	if is := program(start); is != "" && !c.compare {
		if c.wanted == nil && len(c.binaries) < 1000 {
			c.binaries = append(c.binaries, binaryFound{name, is})
		}
		return nil
	}
	if kept := c.manifest(name); kept != nil && c.wanted == nil {
		if e.Size > maxManifest {
			c.incomplete(name, "it is larger than such a file is: "+path.Base(name))
			return nil
		}
		all, err := c.read(e.Content, e.Size)
		if err != nil {
			return err
		}
		*kept = bytes.Clone(all)
		if kept == &c.npm.raw && !c.npm.readManifest(*kept) {
			c.incomplete(name, "it is not a JSON object, so its install scripts are unknown")
		}
		return nil
	}
	l := languageOf(name, start)
	if c.wanted != nil {
		l = c.wanted[name]
	}
	if !strings.Contains(name, "/") || l == rust {
		c.see(name)
	}
	switch {
	case l == otherLanguage:
		return nil
	case e.Size > c.limits.Text:
		c.incomplete(name, "a source text is larger than the limit of "+megabytes(c.limits.Text))
		return nil
	case c.left < e.Size:
		c.incomplete(name, "the source texts together are larger than the limit of "+megabytes(c.limits.Texts))
		return nil
	}
	c.left -= e.Size
	all, err := c.read(e.Content, e.Size)
	if err != nil {
		return err
	}
	c.judge(name, l, all)
	return nil
}

// see notes that a file is there, as far as a rule asks for it.
func (c *collector) see(name string) {
	if name == "setup.py" || c.file.Ecosystem == assay.Cargo && len(c.seen) < 10_000 {
		c.seen[name] = true
	}
}

// manifest is where the text of a file is kept whole; nil for others.
func (c *collector) manifest(name string) *[]byte {
	switch {
	case c.file.Ecosystem == assay.NPM && name == "package.json":
		return &c.npm.raw
	case c.file.Ecosystem == assay.NPM && name == "binding.gyp":
		return &c.npm.gyp
	case c.file.Ecosystem == assay.PyPI && name == "pyproject.toml":
		return &c.pyproject
	case c.file.Ecosystem == assay.Cargo && name == "Cargo.toml":
		return &c.cargo
	}
	return nil
}

// read makes c.text hold the first n bytes of an entry, beyond those that it
// holds already.
func (c *collector) read(r io.Reader, n int64) ([]byte, error) {
	have := len(c.text)
	if int64(cap(c.text)) < n {
		c.text = append(make([]byte, 0, n), c.text...)
	}
	c.text = c.text[:n]
	got, err := io.ReadFull(r, c.text[have:])
	c.text = c.text[:have+got]
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil // the walk says of an entry that it is too short
	}
	return c.text, err
}

// judge applies the rules to one text.
func (c *collector) judge(name string, l language, text []byte) {
	if len(c.languages) < maxNotes {
		c.languages[name] = l
	}
	if l == shell {
		c.judgeShell(name, text)
		return
	}
	if cap(c.mask) < len(text) {
		c.mask = make([]byte, len(text), max(len(text), cap(c.text)))
	}
	s := lex(name, c.dialects.of(l), text, c.mask[:len(text)])
	if !c.compare {
		var all []found
		all = append(all, s.executesEncoded()...)
		all = append(all, s.obfuscated()...)
		all = append(all, s.credentialsSent()...)
		for _, f := range s.commandsRun() {
			if f.id != InstallScriptFetches { // told only of what runs at install
				all = append(all, f)
			}
		}
		for _, f := range all {
			c.signal(f.id, name, s.line(f.at), f.does)
		}
		if l == python {
			if at, saw := codingHidden(text); saw != "" {
				c.signal(ExecutesEncoded, name, s.line(at), saw)
			}
		}
	}
	if l == python && strings.HasSuffix(name, ".pth") && runsLines(text) {
		c.pth = append(c.pth, name)
	}
	p := s.profileOf(l)
	if !c.compare {
		c.keep(name, l, &p)
	}
	if p.network.what != "" && !aside(name) && (c.network.file == "" || name < c.network.file) {
		c.network = spot{name, p.network.at, p.network.what}
	}
	if s.full && !c.compare {
		c.incomplete(name, "a source text is too entangled to be read to its end")
	}
}

// runsLines tells a .pth file that does more than add folders: Python runs
// each line of it that begins with "import", each time it starts.
func runsLines(text []byte) bool {
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte("import ")) || bytes.HasPrefix(line, []byte("import\t")) {
			return true
		}
	}
	return false
}

func (c *collector) judgeShell(name string, text []byte) {
	if c.compare {
		return
	}
	if len(text) > maxCommands {
		c.incomplete(name, "a file of shell commands is larger than the limit of "+megabytes(maxCommands))
		return
	}
	p := profile{}
	for _, f := range shellFinds(text) {
		line := 1 + bytes.Count(text[:f.at], []byte{'\n'})
		switch {
		case f.id == InstallScriptFetches:
			if p.both.what == "" {
				p.both = place{line, f.does}
			}
		default:
			c.signal(f.id, name, line, f.does)
		}
	}
	if p.both.what == "" {
		for _, s := range c.npm.startedBy(string(text), 0) {
			if s.file != "" && len(p.modules) < 64 {
				p.modules = append(p.modules, s.file)
			}
		}
	}
	c.keep(name, shell, &p)
}

// keep notes a profile, if it says anything that an install script's reach
// needs.
func (c *collector) keep(name string, l language, p *profile) {
	if p.fetches.what == "" && p.runs.what == "" && p.both.what == "" && len(p.modules) == 0 && l != rust {
		return
	}
	if c.notes += 1 + len(p.modules); c.notes > maxNotes {
		c.incomplete(name, "the package has too many source texts for all to be followed")
		return
	}
	c.profiles[name] = p
}

// buildScript is the build script of a crate; "" if it has none.
func (c *collector) buildScript() string {
	if m := buildLine.FindSubmatch(c.cargo); m != nil {
		return path.Clean(string(m[1]))
	}
	if buildOff.Match(c.cargo) {
		return ""
	}
	return "build.rs"
}

var (
	buildLine    = regexp.MustCompile(`(?m)^\s*build\s*=\s*["']([^"'\n]{1,200})["']`)
	buildOff     = regexp.MustCompile(`(?m)^\s*build\s*=\s*false`)
	buildBackend = regexp.MustCompile(`(?m)^\s*build-backend\s*=\s*["']([A-Za-z0-9_.]{1,200})`)
	backendPath  = regexp.MustCompile(`(?m)^\s*backend-path\s*=\s*\[\s*["']([^"'\n]{1,200})["']`)
)

// runsAtInstall names what installing or building the package runs of it, and
// the files in which that stands.
func (c *collector) runsAtInstall() (what []string, file string) {
	switch c.file.Ecosystem {
	case assay.NPM:
		return c.npm.runsAtInstall(), "package.json"
	case assay.PyPI:
		if len(c.pth) > 0 {
			what, file = append(what, c.pth[0]), c.pth[0]
		}
		if c.form == sourcePackage && c.seen["setup.py"] {
			what = append(what, "setup.py")
			if file == "" {
				file = "setup.py"
			}
		}
	case assay.Cargo:
		if script := c.buildScript(); script != "" && c.seen[script] {
			return []string{script}, script
		}
	}
	return what, file
}

func megabytes(n int64) string { return strconv.FormatInt(n>>20, 10) + " MiB" }
