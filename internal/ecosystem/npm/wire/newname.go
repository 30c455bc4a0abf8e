package wire

import (
	"strings"

	"assay.invalid/internal/assay"
)

// maxNewName is the length of a new name, in bytes, at the most.
const maxNewName = 214

// NewName checks a name under which a package shall be published here: the
// rules for reading, and those of validate-npm-package-name for new packages.
// Errors are of kind Invalid.
func NewName(name string) error {
	if canonical, err := Name(name); err != nil {
		return err
	} else if canonical != name {
		return assay.Errorf(assay.Invalid, "the name is written %q: publish it so", canonical)
	}
	refuse := func(why string) error {
		return assay.Errorf(assay.Invalid, "%q cannot be the name of a new npm package: %s", name, why)
	}
	bare := Unscoped(name)
	switch {
	case len(name) > maxNewName:
		return assay.Errorf(assay.Invalid, "the name of a new npm package has at most %d bytes, and this one has %d", maxNewName, len(name))
	case name != strings.ToLower(name):
		// Two names that differ by case alone are one on many disks.
		return refuse("new names are in lower case")
	case strings.ContainsAny(name, "~'!()*"):
		return refuse("new names hold no ~ ' ! ( ) *")
	case bare[0] == '_' || bare[0] == '-':
		return refuse("it must not begin with a hyphen or an underscore")
	case strings.HasPrefix(name, "@_") || strings.HasPrefix(name, "@-"):
		return refuse("its scope must not begin with a hyphen or an underscore")
	case strings.HasPrefix(name, "@"):
		return nil
	case coreModules[name]:
		// require("fs") never loads it, so it could only be installed by
		// mistake.
		return refuse("Node.js has a module of that name")
	}
	return nil
}

// coreModules are the modules built into Node.js, without those whose names
// hold a slash or begin with an underscore, which no package can have.
var coreModules = map[string]bool{
	"assert": true, "async_hooks": true, "buffer": true, "child_process": true, "cluster": true, "console": true,
	"constants": true, "crypto": true, "dgram": true, "diagnostics_channel": true, "dns": true, "domain": true,
	"events": true, "fs": true, "http": true, "http2": true, "https": true, "inspector": true, "module": true,
	"net": true, "os": true, "path": true, "perf_hooks": true, "process": true, "punycode": true,
	"querystring": true, "readline": true, "repl": true, "sea": true, "sqlite": true, "stream": true,
	"string_decoder": true, "sys": true, "test": true, "timers": true, "tls": true, "trace_events": true,
	"tty": true, "url": true, "util": true, "v8": true, "vm": true, "wasi": true, "worker_threads": true, "zlib": true,
}

// NewVersion checks a version that shall be published here: semver 2.0.0 to
// the letter, and none that says that something else stands in the package's
// place. Errors are of kind Invalid.
func NewVersion(version string) error {
	canonical, err := Grammar{}.Version(version)
	if err != nil {
		return err
	}
	if canonical != version {
		return assay.Errorf(assay.Invalid, "the version %q is written %q: publish it so", version, canonical)
	}
	numbers, _, _ := strings.Cut(version, "+")
	if i := strings.IndexFunc(numbers, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); i >= 0 && numbers[i] != '-' {
		return assay.Errorf(assay.Invalid, "the version %q lacks a hyphen before its pre-release: write %s-%s", version, numbers[:i], version[i:])
	}
	if placeholder(version) {
		return assay.Errorf(assay.Invalid, "the version %q is of the form that registries put in the place of a removed package: choose another", version)
	}
	return nil
}

// NewTag checks the name of a dist-tag that shall be set. One that reads as a
// version or a range could never be asked for. Errors are of kind Invalid.
func NewTag(tag string) error {
	if !validTag(tag) || !plainSegment(tag) || len(tag) > maxNewName {
		return assay.Errorf(assay.Invalid, "%q cannot be a dist-tag: it holds letters, digits and -_. and does not begin with a dot", clip(tag, 60))
	}
	if _, err := parseRange(tag); err == nil {
		return assay.Errorf(assay.Invalid, "%q cannot be a dist-tag: npm reads it as a range of versions", tag)
	}
	return nil
}
