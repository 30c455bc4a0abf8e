package content

import (
	"bytes"
	"encoding/binary"
	"path"
	"strings"

	"assay.invalid/internal/assay"
)

// peeked is how much of a file is looked at to tell what it is.
const peeked = 1024

// program says which form of program for a processor a file begins with; ""
// for none. Objects that a linker still has to join run nowhere and are left
// out: crates carry them, assembled ahead of time.
func program(start []byte) string {
	if len(start) < 20 {
		return ""
	}
	switch {
	case bytes.HasPrefix(start, []byte("\x7fELF")):
		kind := binary.LittleEndian.Uint16(start[16:])
		if start[5] == 2 {
			kind = binary.BigEndian.Uint16(start[16:])
		}
		if kind == 2 || kind == 3 { // ET_EXEC, ET_DYN
			return "an ELF program or library"
		}
	case start[0] == 'M' && start[1] == 'Z' && len(start) >= 64:
		// MZ begins texts too. The offset to the PE header must lead to one;
		// it may lie behind what was read.
		at := binary.LittleEndian.Uint32(start[60:])
		if at >= 64 && int64(at)+4 <= int64(len(start)) && bytes.HasPrefix(start[at:], []byte("PE\x00\x00")) {
			return "a Windows program or library"
		}
	}
	switch magic := binary.BigEndian.Uint32(start); magic {
	case 0xfeedface, 0xfeedfacf: // Mach-O, big endian
		if machKind(binary.BigEndian.Uint32(start[12:])) {
			return "a Mach-O program or library"
		}
	case 0xcefaedfe, 0xcffaedfe:
		if machKind(binary.LittleEndian.Uint32(start[12:])) {
			return "a Mach-O program or library"
		}
	case 0xcafebabe: // also a Java class, whose version stands where the count does
		if n := binary.BigEndian.Uint32(start[4:]); n > 0 && n < 20 {
			return "a Mach-O program or library"
		}
	}
	return ""
}

// machKind tells programs, libraries and bundles from objects.
func machKind(kind uint32) bool { return kind == 2 || kind == 6 || kind == 8 }

// disguises are the endings of texts and images, behind which nobody honest
// keeps a program.
const disguises = " .js .mjs .cjs .ts .json .py .rs .go .txt .md .rst .html .css .xml .yml .yaml .toml .ini .cfg .csv .svg .png .jpg .jpeg .gif .webp .ico .bmp .woff .woff2 .ttf .otf .eot .mp3 .mp4 .wav .pdf .map .lock .log .pem .crt .scss .less "

func disguised(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext != "" && strings.Contains(disguises, " "+ext+" ")
}

// aside tells folders of tests, samples and documents. What lies there is part
// of no installed program by itself.
func aside(name string) bool {
	for segment := range strings.SplitSeq(strings.ToLower(path.Dir(name)), "/") {
		switch strings.Trim(segment, "_-.") {
		case "test", "tests", "testing", "testdata", "test-data", "test_data", "testfiles", "fixtures", "fixture", "spec", "specs", "example", "examples", "sample", "samples", "doc", "docs", "bench", "benches", "benchmark", "benchmarks", "e2e", "tutorial", "tutorials":
			return true
		}
	}
	return false
}

// launchers are the small programs that Python's packaging tools copy in front
// of a script on Windows, by the package that may carry them.
func launcher(pkg, name string) bool {
	base := strings.ToLower(path.Base(name))
	switch pkg {
	case "pip", "setuptools", "distlib", "virtualenv", "pipenv", "poetry-core", "wheel", "uv", "conda", "distribute":
		stem, ok := strings.CutSuffix(base, ".exe")
		if !ok {
			return false
		}
		stem = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(stem, "-arm64"), "-arm"), "-arm-32")
		return len(stem) == 3 && strings.ContainsAny(stem[:1], "tw") && (stem[1:] == "32" || stem[1:] == "64") ||
			strings.HasPrefix(stem, "cli") || strings.HasPrefix(stem, "gui") || strings.HasPrefix(stem, "wininst-")
	}
	return false
}

// expectsBinary tells where a program is expected in a source package.
func (c *collector) expectsBinary(name string) bool {
	switch {
	case aside(name):
		return true
	case c.file.Ecosystem == assay.NPM && (strings.EqualFold(path.Ext(name), ".node") || c.npm.platform):
		return true // a compiled add-on says what it is, and a package for one platform is made of it
	case c.file.Ecosystem == assay.PyPI && launcher(c.file.Name, name):
		return true
	}
	return false
}
