package wire

import (
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"assay.invalid/internal/assay"
)

// Admissible checks the path and version of a module that is to be published
// for the first time. Beside the go command's rules for every module
// (https://go.dev/ref/mod#module-path, #versions) new ones must not have:
//
//   - a pseudo-version: it claims to be made from a commit, and no repository
//     stands behind it that could be asked;
//   - +incompatible: it is for modules from before go.mod files, and every
//     module that is published here has one.
//
// Errors are Invalid and say what to write instead.
func Admissible(name, version string) error {
	switch normal, err := (Grammar{}).Name(name); {
	case err != nil:
		return err
	case normal != name:
		return assay.Errorf(assay.Invalid, "%q is not how the module path is written: write %s", name, normal)
	}
	switch normal, err := (Grammar{}).Version(version); {
	case err != nil:
		return err
	case normal != version:
		return assay.Errorf(assay.Invalid, "%q is not how the version is written: write %s", version, normal)
	}
	if Pseudo(version) {
		return assay.Errorf(assay.Invalid, "%s is a pseudo-version, which stands for a commit of a repository: publish a version of its own, like %s",
			version, numbers(version))
	}
	if strings.HasSuffix(version, "+incompatible") {
		return assay.Errorf(assay.Invalid, "%s is for modules without a go.mod file, and this one has one: end its path in /%s and publish %s",
			version, semver.Major(version), strings.TrimSuffix(version, "+incompatible"))
	}
	if err := module.Check(name, version); err != nil {
		return assay.Errorf(assay.Invalid, "%s cannot have the version %s (%s): %s", name, version, cause(err), majorAdvice(name, version))
	}
	return nil
}

// numbers are the three numbers of a version.
func numbers(version string) string {
	version, _, _ = strings.Cut(version, "-")
	version, _, _ = strings.Cut(version, "+")
	return version
}

// majorAdvice says how path and version come to fit
// (https://go.dev/ref/mod#major-version-suffixes).
func majorAdvice(name, version string) string {
	prefix, suffix, ok := module.SplitPathVersion(name)
	major := semver.Major(version)
	switch {
	case !ok:
		return "the path ends in no major version that the go command knows"
	case strings.HasPrefix(name, "gopkg.in/"):
		return "write the major version after the dot at the end of the path"
	case major == "v0" || major == "v1":
		return "publish a version of " + strings.TrimPrefix(suffix, "/") + ", or take the suffix off the path: " + prefix
	}
	return "end the path in go.mod in /" + major + ": " + prefix + "/" + major
}
