package adopt

import (
	"archive/zip"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// modelJars are the files of an installation that may hold the super-POM.
func modelJars(home string) []string {
	var jars []string
	for _, pattern := range []string{"maven-model-builder*.jar", "maven-impl*.jar"} {
		found, err := filepath.Glob(filepath.Join(home, "lib", pattern))
		if err == nil { // the pattern is sound, whatever the directory is called
			jars = append(jars, found...)
		}
	}
	slices.Sort(jars)
	return jars
}

// readSuperPOM reads the project that every other inherits from.
func readSuperPOM(home string) (mavenProject, error) {
	for _, jar := range modelJars(home) {
		text, err := readFromJar(jar, isSuperPOM)
		if assay.Is(err, assay.NotFound) {
			continue
		}
		if err != nil {
			return mavenProject{}, err
		}
		project, err := parseSuperPOM(text)
		if err != nil || len(project.Repositories) > 0 {
			return project, err
		}
	}
	return mavenProject{}, assay.Errorf(assay.Unsound, "the Maven installation has no super-POM with a repository in it: set the upstream by hand")
}

// isSuperPOM tells the super-POM from a jar's other files.
func isSuperPOM(name string) bool {
	base, ok := path.Match("pom-4.*.xml", path.Base(name))
	return base && ok == nil && strings.HasPrefix(name, "org/apache/maven/")
}

// readFromJar reads the first file whose name is wanted. It is part of the
// installation, and bounded all the same.
func readFromJar(jar string, wanted func(string) bool) ([]byte, error) {
	archive, err := zip.OpenReader(jar)
	if err != nil {
		return nil, assay.Wrap(assay.Unsound, err, "%s of the Maven installation cannot be read", filepath.Base(jar))
	}
	defer archive.Close()
	for _, f := range archive.File {
		if !wanted(f.Name) {
			continue
		}
		content, err := f.Open()
		if err != nil {
			return nil, assay.Wrap(assay.Unsound, err, "%s of the Maven installation cannot be read", filepath.Base(jar))
		}
		defer content.Close()
		text, err := io.ReadAll(io.LimitReader(content, maxSettings+1))
		if err != nil || len(text) > maxSettings {
			return nil, assay.Wrap(assay.Unsound, err, "the super-POM in %s is not what it must be", filepath.Base(jar))
		}
		return text, nil
	}
	return nil, assay.Errorf(assay.NotFound, "%s holds no super-POM", filepath.Base(jar))
}

// parseSuperPOM reads the repositories of the super-POM.
func parseSuperPOM(text []byte) (mavenProject, error) {
	var project mavenProject
	if err := decodeXML(text, &project); err != nil {
		return mavenProject{}, assay.Wrap(assay.Unsound, err, "the Maven installation's super-POM cannot be read: set the upstream by hand")
	}
	project.trim()
	return project, nil
}
