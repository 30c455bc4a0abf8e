package importtest

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// publicHosts are host names of public package registries, in pieces, so
// that this file does not hold them either. Assay adopts the addresses that a
// machine's package managers use; one that stood in the tree would sooner or
// later be asked by a test, or by a user behind a mirror who did not want it.
var publicHosts = [][]string{
	{"npmjs", "org"}, {"npmjs", "com"}, {"registry", "yarnpkg", "com"},
	{"pypi", "org"}, {"pythonhosted", "org"},
	{"proxy", "golang", "org"}, {"sum", "golang", "org"}, {"index", "golang", "org"}, {"goproxy", "io"}, {"goproxy", "cn"},
	{"crates", "io"},
	{"repo1", "maven", "org"}, {"repo", "maven", "apache", "org"}, {"central", "sonatype", "com"}, {"maven", "google", "com"},
	{"deb", "debian", "org"}, {"rubygems", "org"}, {"packagist", "org"}, {"nuget", "org"}, {"cran", "r-project", "org"},
}

func TestNoAddressOfAPublicRegistry(t *testing.T) {
	read := 0
	walk(t, func(path string) {
		text := readFile(t, path)
		if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
			return // no text
		}
		read++
		lower := strings.ToLower(text)
		for _, pieces := range publicHosts {
			host := strings.Join(pieces, ".")
			if i := strings.Index(lower, host); i >= 0 {
				t.Errorf("%s, line %d, holds the host name %s: use registry.example, or adopt the machine's own", path, 1+strings.Count(text[:i], "\n"), host)
			}
		}
	})
	if read < 10 {
		t.Errorf("only %d files were read: the test does not see the tree", read)
	}
}
