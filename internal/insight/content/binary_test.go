package content

import (
	"testing"

	"assay.invalid/internal/assay"
)

func TestProgramsInSourcePackages(t *testing.T) {
	npm := manifest("")
	for what, s := range map[string]specimen{
		"ELF in a tarball":               {assay.NPM, files{"package.json": npm, "lib/helper": elf(2)}, BinaryInSource, "lib/helper", "", "ELF"},
		"a shared library in a crate":    {assay.Cargo, files{"vendor/x.so": elf(3)}, BinaryInSource, "vendor/x.so", "", "ELF"},
		"a Windows program in an sdist":  {assay.PyPI, files{"specimen/x.exe": pe()}, BinaryInSource, "specimen/x.exe", "", "Windows"},
		"Mach-O in a module":             {assay.Golang, files{"bin/x": macho(2)}, BinaryInSource, "bin/x", "", "Mach-O"},
		"several":                        {assay.NPM, files{"package.json": npm, "b/x.exe": pe(), "a/x": elf(2), "c/x": macho(6)}, BinaryInSource, "a/x", "", "first of 3"},
		"ELF named like an image":        {assay.NPM, files{"package.json": npm, "assets/logo.png": elf(3)}, DisguisedBinary, "assets/logo.png", "", "named like"},
		"a program named like a test's":  {assay.PyPI, files{"tests/data.txt": pe()}, DisguisedBinary, "tests/data.txt", "", "named like"},
		"a program named like a script":  {assay.Cargo, files{"src/lib.rs": elf(2)}, DisguisedBinary, "src/lib.rs", "", "named like"},
		"a launcher in another package":  {assay.PyPI, files{"specimen/t64.exe": pe()}, BinaryInSource, "specimen/t64.exe", "", "Windows"},
		"a disguise in a jar":            {assay.Maven, files{"META-INF/a.properties": "a=b\n", "x/logo.gif": elf(2)}, DisguisedBinary, "x/logo.gif", "", "ELF"},
		"among tests' data":              {eco: assay.Cargo, files: files{"tests/data/hello": elf(2), "testdata/x.exe": pe()}},
		"an object that is to be linked": {eco: assay.Cargo, files: files{"src/x.o": elf(1), "src/y.o": macho(1)}},
		"a compiled add-on":              {eco: assay.NPM, files: files{"package.json": npm, "prebuilds/linux-x64/x.node": elf(3)}},
		"a package for one platform":     {eco: assay.NPM, files: files{"package.json": `{"name":"specimen","os":["linux"],"cpu":["x64"]}`, "bin/x": elf(2)}},
		"a native library in a jar":      {eco: assay.Maven, files: files{"native/x.so": elf(3)}},
		"a Java class":                   {eco: assay.Cargo, files: files{"a/X": "\xca\xfe\xba\xbe\x00\x00\x00\x34" + string(make([]byte, 60))}},
		"a text that begins with MZ":     {eco: assay.NPM, files: files{"package.json": npm, "a.txt": "MZ is no header" + string(make([]byte, 90))}},
	} {
		t.Run(what, s.judge)
	}
}

func TestLaunchersOfPackagingTools(t *testing.T) {
	for what, c := range map[string]struct {
		pkg, name string
		is        bool
	}{
		"distlib in pip":         {"pip", "pip/_vendor/distlib/t64-arm.exe", true},
		"the launcher for tools": {"setuptools", "setuptools/gui-64.exe", true},
		"an old installer":       {"setuptools", "wininst-9.0.exe", true},
		"another program of pip": {"pip", "pip/helper.exe", false},
		"a name without an end":  {"pip", "t64", false},
		"an ordinary package":    {"requests", "t64.exe", false},
	} {
		if got := launcher(c.pkg, c.name); got != c.is {
			t.Errorf("%s: %v", what, got)
		}
	}
}
