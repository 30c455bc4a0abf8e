package adopt

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// Maven finds the repositories that Maven uses when a project names none: the
// mirrors in the user's settings and the installation's, else those of the
// super-POM inside the installation
// (https://maven.apache.org/ref/3.9.9/maven-model-builder/super-pom.html). The
// repository for plugins is a second origin where it is another one.
func Maven(ctx context.Context, cfg Config) Finding {
	f := Finding{Client: "mvn", Source: "the super-POM of mvn"}
	home, err := cfg.mavenHome(ctx)
	if err != nil {
		f.Err = err
		return f
	}
	project, err := readSuperPOM(home)
	if err != nil {
		f.Err = err
		return f
	}
	settings, sources, err := cfg.mavenSettings(home)
	if err != nil {
		// What they would have said is not known, so that no other answer may
		// stand in for it.
		f.Err = err
		return f
	}
	for _, repository := range slices.Concat(project.Repositories, project.PluginRepositories) {
		address, from, note := settings.addressOf(repository)
		if note != "" {
			if !slices.Contains(f.Dropped, note) {
				f.Dropped = append(f.Dropped, note)
			}
			continue
		}
		if from >= 0 {
			f.Source = sources[from]
		}
		f.take(ctx, cfg.Self, address)
	}
	f.Dropped = append(f.Dropped, settings.others(project)...)
	return f
}

// mavenHome is the directory of the Maven that PATH leads to.
func (c Config) mavenHome(ctx context.Context) (string, error) {
	program, err := c.find("mvn")
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(program); err == nil {
		if home := filepath.Dir(filepath.Dir(real)); isMavenHome(home) {
			return home, nil
		}
	}
	// A shim of some version manager. In the root directory no project can
	// give it options for the Java machine (.mvn/jvm.config).
	out, err := c.run(ctx, question{program: "mvn", args: []string{"--version"}, root: true})
	if err != nil {
		return "", err
	}
	home, err := parseMavenVersion(out)
	if err == nil && !isMavenHome(home) {
		err = assay.Errorf(assay.Unsound, "'mvn --version' names no Maven installation")
	}
	return home, err
}

func isMavenHome(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, "lib"))
	return err == nil && info.IsDir() && len(modelJars(dir)) > 0
}

var (
	// escapes are the colours that mvn prints even where nobody looks.
	escapes   = regexp.MustCompile("\x1b\\[[0-9;]*m")
	mavenHome = regexp.MustCompile(`(?m)^Maven home: (/[^\r\n]*?)\r?$`)
)

// parseMavenVersion finds the installation in the answer of mvn --version.
func parseMavenVersion(out []byte) (string, error) {
	match := mavenHome.FindSubmatch(escapes.ReplaceAll(out, nil))
	if match == nil || strings.ContainsFunc(string(match[1]), notPlain) {
		return "", assay.Errorf(assay.Unsound, "'mvn --version' does not say where Maven is")
	}
	return string(match[1]), nil
}

// mavenSettings reads the user's settings and the installation's, those of
// the user first; sources are their names for people, in the same order.
func (c Config) mavenSettings(home string) (layers mavenSettings, sources []string, err error) {
	var names []string
	if user := variable(c.Env, "HOME"); filepath.IsAbs(user) {
		names = append(names, filepath.Join(user, ".m2", "settings.xml"))
	}
	for _, name := range append(names, filepath.Join(home, "conf", "settings.xml")) {
		text, err := readSmall(name, maxSettings)
		if assay.Is(err, assay.NotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		one, err := parseSettings(text)
		if err != nil {
			return nil, nil, assay.Wrap(assay.Unsound, err, "%s cannot be read: mend it, or set the upstream by hand", ecosystem.Printable(c.shown(name)))
		}
		one.interpolate(c.Env)
		layers, sources = append(layers, one), append(sources, c.shown(name))
	}
	return layers, sources, nil
}

// addressOf returns where a repository is asked, and which layer of the
// settings says so, -1 if none does. A note says why there is no address.
func (s mavenSettings) addressOf(r mavenRepository) (address string, layer int, note string) {
	layer = -1
	if own, in := s.redefined(r); in >= 0 {
		r, layer = own, in
	}
	if mirror, in := s.mirrorOf(r); in >= 0 {
		if mirror.Blocked == "true" {
			return "", in, fmt.Sprintf("the repository %s is blocked in the settings", shownName(r.ID))
		}
		r.URL, layer = mirror.URL, in
	}
	switch {
	case strings.Contains(r.URL, "${"):
		return "", layer, fmt.Sprintf("the address of the repository %s has a ${...} in it that is not known here", shownName(r.ID))
	case r.Layout != "" && r.Layout != "default":
		return "", layer, fmt.Sprintf("the repository %s has another layout than Maven's own", shownName(r.ID))
	}
	return r.URL, layer, ""
}
