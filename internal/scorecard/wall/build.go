package wall

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/render"
	"assay.invalid/internal/scorecard/triage"
)

//go:embed site
var files embed.FS

// Site is a built wall: its files by their paths, with slashes.
type Site map[string][]byte

// Names are the paths of the site in order, the first page last: whoever
// writes them in this order shows no page whose links lead nowhere yet.
func (s Site) Names() []string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(s)), func(n string) bool { return n == first })
	return append(names, first)
}

// first is the site's first page.
const first = "index.html"

// BuildOptions say what a site is made with.
type BuildOptions struct {
	// Weights are those of the triage page.
	Weights triage.Weights
	// Previous is an earlier wall to compare with; nil without one.
	Previous *Wall
	// Since is the day from which on changes are shown; zero shows those of
	// the year before the wall's day.
	Since time.Time
	// Above leads from the root of the site to what stands above it ("../"
	// under a server's /wall/); "" where nothing does.
	Above string
	// Checks are those of this build.
	Checks []scorecard.Check
}

// policy lets a page use the site's own stylesheet and pictures, and nothing
// else: should a text from outside ever become markup, it could neither run
// nor ask for anything. Opened from a disk a page has no origin that 'self'
// could mean, so browsers decide themselves what a file's own site is.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"

// section is an item of the navigation.
type section struct{ File, Name string }

// sections are the pages that the navigation names.
func sections() []section {
	return []section{{first, "Wall"}, {"roadmap.html", "Roadmap"}, {"triage.html", "Triage"}, {"changes.html", "Changes"},
		{"software.html", "Software"}, {"correct.html", "Correct"}}
}

// frame is what stands around every page.
type frame struct {
	Title, Description string
	// Root leads from the page to the root of the site: "" or "../".
	Root string
	// Section is the item of the navigation that the page is.
	Section         string
	Date, Catalogue string
	Above           string
}

// builder makes one site.
type builder struct {
	*Wall
	options BuildOptions

	mu        sync.Mutex // guards the rest
	site      Site
	templates map[string]*template.Template
}

func newBuilder(w *Wall, o BuildOptions) *builder {
	return &builder{Wall: w, options: o, site: Site{}, templates: map[string]*template.Template{}}
}

// Build makes the site of a wall. The same wall and options give the same
// bytes.
func Build(ctx context.Context, w *Wall, o BuildOptions) (Site, error) {
	b := newBuilder(w, o)
	for _, step := range []func(context.Context) error{
		b.statics, b.index, b.entries, b.capabilities, b.roadmap, b.software, b.triage, b.changes, b.correct, b.documents,
	} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := step(ctx); err != nil {
			return nil, assay.Wrap(assay.Internal, err, "the wall cannot be built")
		}
	}
	return b.site, nil
}

// statics are the files that are the same on every wall.
func (b *builder) statics(context.Context) error {
	own, err := files.ReadFile("site/wall.css")
	if err != nil {
		return err
	}
	icon, err := files.ReadFile("site/icon.svg")
	if err != nil {
		return err
	}
	b.put("wall.css", slices.Concat([]byte(render.Stylesheet()), []byte("\n"), own))
	b.put("icon.svg", icon)
	return nil
}

// frame is the frame of a page at an address of the site.
func (b *builder) frame(title, description, root, section string) frame {
	return frame{Title: title, Description: description, Root: root, Section: section, Date: b.Date.Format(time.DateOnly),
		Catalogue: render.Plain(b.Catalogue.Version), Above: b.options.Above}
}

// put puts a file into the site.
func (b *builder) put(file string, content []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.site[file] = content
}

// each does something for each of n things, on all processors, and waits. The
// error is that of the first thing that failed, so that it is the same each
// time.
func each(ctx context.Context, n int, do func(int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if errs[i] = ctx.Err(); errs[i] == nil {
					errs[i] = do(i)
				}
			}
		})
	}
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// template is the frame with a page in it.
func (b *builder) template(name string) (*template.Template, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t, ok := b.templates[name]; ok {
		return t, nil
	}
	t, err := template.New("frame.html").Funcs(template.FuncMap{
		"shape": render.Shape, "word": render.StateWord, "plural": plural,
		"states":   func() []assess.State { return assess.States },
		"degrees":  func() []assess.Knowledge { return degrees[:] },
		"sections": sections,
		"policy":   func() string { return policy },
		"marks":    func() template.HTML { return template.HTML(render.Marks()) }, //nolint:gosec // a file of this project
	}).ParseFS(files, "site/frame.html", "site/"+name)
	if err != nil {
		return nil, err
	}
	b.templates[name] = t
	return t, nil
}

// page renders a template into a file of the site.
func (b *builder) page(file, name string, data any) error {
	t, err := b.template(name)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, "frame", data); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	b.put(file, out.Bytes())
	return nil
}

// json puts a document into the site.
func (b *builder) json(file string, value any) error {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(value); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	b.put(file, out.Bytes())
	return nil
}
