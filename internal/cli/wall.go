package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/triage"
	"assay.invalid/internal/scorecard/wall"
)

func (p *program) wallCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "wall",
		Short: "Lay many scorecards side by side, as a static site",
		Long: `Lay many scorecards side by side: assessments and cards of package repositories
become one static site that any web server can hold, and that opens from a disk.
There is no total on it and no ranking.`,
	}
	p.withoutDirectory(cmd)
	cmd.AddCommand(p.wallBuildCommand())
	group(cmd)
	return cmd
}

// wallOptions are the flags of 'wall build'.
type wallOptions struct {
	site, previous, weights string
	date, since             day
}

func (p *program) wallBuildCommand() *cobra.Command {
	var o wallOptions
	cmd := &cobra.Command{
		Use:   "build DIR -o SITE",
		Short: "Build the site of a folder of assessments and cards",
		Long: `Build the site of a folder. What is in DIR, or in DIR/public, is about public
repositories: assessments (*.yaml) and cards (*.json); NAME.json joins NAME.yaml.
What is in DIR/software is about software, and stands on a part of its own.

A file with a mistake is left out, with the line and what was meant; the rest is
built. The same files give the same bytes: the wall is of the day of its newest
file or source, or of --date.

SITE is made if it is not there. Files in it that no build wrote, or that were
changed since, are neither written over nor removed.

Exit code 0: all of it is on the wall, whatever was found in it. Exit code 1:
something was left out, or nothing could be built.`,
		Example: `  assay wall build repositories -o site
  assay wall build repositories -o site --previous last-month
  assay wall build repositories -o site --date 2026-11-22 --since 2026-01-01`,
		Args: exactly("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.site == "" {
				return misused(cmd, "'%s' needs to know where the site goes: -o SITE", cmd.CommandPath())
			}
			return p.buildWall(cmd.Context(), args[0], o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.site, "output", "o", "", "the `directory` of the site")
	f.Var(&o.date, "date", "the `day` that the wall is of, as 2026-11-22; what is dated later is left out")
	f.StringVar(&o.previous, "previous", "", "an earlier `folder` of assessments and cards: changes since it are shown")
	f.Var(&o.since, "since", "show what sources say that are dated from this `day` on; a year before the wall's day if it is left out")
	f.StringVar(&o.weights, "weights", "", "a `file` of weights for the triage page; 'assay triage weights' prints one to begin with")
	return cmd
}

// day is a flag that takes a day.
type day struct{ time.Time }

// String implements pflag.Value.
func (d *day) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

// Set implements pflag.Value.
func (d *day) Set(s string) (err error) {
	if d.Time, err = time.Parse(time.DateOnly, s); err != nil {
		return assay.Errorf(assay.Invalid, "%q is no day: write it as 2026-11-22", clean(s))
	}
	return nil
}

// Type implements pflag.Value.
func (d *day) Type() string { return "day" }

func (p *program) buildWall(ctx context.Context, dir string, o wallOptions) error {
	weights, err := p.readWeights(o.weights)
	if err != nil {
		return err
	}
	w, err := p.readWall(ctx, dir, o.date.Time)
	if err != nil {
		return err
	}
	if o.since.After(w.Date) {
		return assay.Errorf(assay.Invalid, "--since %s is after the day of the wall, %s: nothing can be dated between them", o.since.Format(time.DateOnly), w.Date.Format(time.DateOnly))
	}
	if err := p.tellWall(w); err != nil {
		return err
	}
	table, err := newScoreTable()
	if err != nil {
		return err
	}
	build := wall.BuildOptions{Weights: weights, Since: o.since.Time, Checks: table.checks}
	if o.previous != "" {
		if build.Previous, err = p.readWall(ctx, o.previous, time.Time{}); err != nil {
			return err
		}
		for _, l := range build.Previous.LeftOut {
			fmt.Fprintf(p.err, "--previous: %s\n", wallLine(l))
		}
	}
	site, err := wall.Build(ctx, w, build)
	if err != nil {
		return err
	}
	to, err := openSite(o.site, dir)
	if err != nil {
		return err
	}
	written, removed, err := wall.Write(ctx, to, site)
	if err = errors.Join(err, to.close()); err != nil {
		return err
	}
	text := fmt.Sprintf("Built the wall of %s in %s, with %d public and %d software: %s written, %d the same as before", w.Date.Format(time.DateOnly), clean(o.site),
		len(w.Public), len(w.Software), plural(written, "file"), len(site)-written)
	if removed > 0 {
		text += fmt.Sprintf(", %d removed", removed)
	}
	if _, err := fmt.Fprintln(p.out, text+"."); err != nil {
		return err
	}
	return leftOut(w)
}

// readWall reads a folder. A link in it that leads out of it is not followed:
// assessments come from many people, and what a mistake's message repeats is
// published.
func (p *program) readWall(ctx context.Context, dir string, date time.Time) (*wall.Wall, error) {
	table, err := newScoreTable()
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, assay.Errorf(assay.NotFound, "there is no folder %s", dir)
	case err != nil:
		if info, err := os.Stat(dir); err == nil && !info.IsDir() {
			return nil, assay.Errorf(assay.Invalid, "%s is a file, and a folder of assessments and cards belongs here", dir)
		}
		return nil, assay.Wrap(assay.Forbidden, err, "%s cannot be read", dir)
	}
	defer root.Close()
	sources, err := wall.Folder(root.FS())
	if err != nil {
		return nil, err
	}
	w, err := wall.Read(ctx, sources, wall.Options{Catalogue: table.catalogue, Checks: table.checks, Now: p.now(), Date: date, Limits: wall.SafeLimits()})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", clean(dir), err)
	}
	return w, nil
}

// tellWall prints what was left out, and what a reader of the files should
// know.
func (p *program) tellWall(w *wall.Wall) error {
	for _, l := range w.LeftOut {
		if _, err := fmt.Fprintf(p.err, "left out: %s\n", wallLine(l)); err != nil {
			return err
		}
	}
	for _, l := range w.Warnings {
		if _, err := fmt.Fprintf(p.err, "warning: %s\n", wallLine(l)); err != nil {
			return err
		}
	}
	return nil
}

func wallLine(p wall.Problem) string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", clean(p.File), clean(p.Message))
	}
	return fmt.Sprintf("%s:%d:%d: %s", clean(p.File), p.Line, p.Column, clean(p.Message))
}

// leftOut is the error of a wall that does not show all of its files.
func leftOut(w *wall.Wall) error {
	files := map[string]bool{}
	for _, l := range w.LeftOut {
		files[l.File] = true
	}
	if len(files) == 0 {
		return nil
	}
	return assay.Errorf(assay.Invalid, "%s left out: put right what is said above, and run it again", plural(len(files), "file"))
}

// readWeights reads a file of weights, or the default ones.
func (p *program) readWeights(name string) (triage.Weights, error) {
	if name == "" {
		return triage.Default()
	}
	raw, err := p.readBounded(name, maxAssessmentFile)
	if err != nil {
		return triage.Weights{}, err
	}
	return triage.ReadWeights(clean(name), raw)
}

// siteDirectory is a wall.Place in a directory. Nothing is written or removed
// outside of it, whatever links somebody put there.
type siteDirectory struct{ root *os.Root }

// openSite opens the directory of a site, and makes it if it is not there. It
// is not a folder that the wall is made of, where the next build would take
// the site's own documents for cards.
func openSite(dir, source string) (siteDirectory, error) {
	for _, read := range []string{source, filepath.Join(source, "public"), filepath.Join(source, "software")} {
		one, err := os.Stat(read)
		if two, err2 := os.Stat(dir); err == nil && err2 == nil && os.SameFile(one, two) {
			return siteDirectory{}, assay.Errorf(assay.Invalid, "%s holds the assessments: the site needs a directory of its own", dir)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return siteDirectory{}, assay.Wrap(assay.Forbidden, err, "%s cannot be made", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return siteDirectory{}, assay.Wrap(assay.Forbidden, err, "%s cannot be opened", dir)
	}
	return siteDirectory{root}, nil
}

func (s siteDirectory) close() error { return s.root.Close() }

// Read implements wall.Place.
func (s siteDirectory) Read(name string) ([]byte, error) { return s.root.ReadFile(name) }

// Write implements wall.Place.
func (s siteDirectory) Write(name string, content []byte) error {
	if err := s.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	part := path.Join(path.Dir(name), "."+path.Base(name)+".part")
	if err := s.root.WriteFile(part, content, 0o644); err != nil {
		return errors.Join(err, s.drop(part))
	}
	if err := s.root.Rename(part, name); err != nil {
		return errors.Join(err, s.drop(part))
	}
	return nil
}

func (s siteDirectory) drop(name string) error {
	if err := s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Remove implements wall.Place.
func (s siteDirectory) Remove(name string) error {
	if err := s.drop(name); err != nil {
		return err
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if s.root.Remove(dir) != nil {
			break // it is not empty
		}
	}
	return nil
}
