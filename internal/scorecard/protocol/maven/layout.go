package maven

import (
	"net/url"
	"strings"
)

// artifact is a name in its two parts.
type artifact struct{ group, id string }

// readName reads group/artifact; people also write group:artifact. Names that
// no repository takes may be asked for all the same, because trials ask what
// becomes of them; only those that would make the request one to another
// address are held back.
func readName(name string) (artifact, bool) {
	const longest = 300
	group, id, ok := strings.Cut(strings.Replace(name, ":", "/", 1), "/")
	if !ok || len(name) > longest || !isPart(id) {
		return artifact{}, false
	}
	for part := range strings.SplitSeq(group, ".") {
		if !isPart(part) {
			return artifact{}, false
		}
	}
	return artifact{group, id}, true
}

// isPart tells texts that can stand as one part of a path.
func isPart(s string) bool {
	return s != "" && strings.Trim(s, ".") != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`/\?#%:"<>|*`, r)
	})
}

// isVersion tells texts that can be asked for as a version.
func isVersion(s string) bool {
	const longest = 200
	return len(s) <= longest && isPart(s)
}

// folder is the folder of all versions, below the base.
func (a artifact) folder() string {
	return strings.ReplaceAll(a.group, ".", "/") + "/" + url.PathEscape(a.id) + "/"
}

const metadataFile = "maven-metadata.xml"

// file is the path of a version's file with the given end.
func (a artifact) file(version, end string) string {
	return a.folder() + url.PathEscape(version) + "/" + url.PathEscape(a.id+"-"+version+"."+end)
}

// endOf is the end of the main file of a packaging. Plugins, bundles and the
// like are jars.
func endOf(packaging string) string {
	switch packaging {
	case "pom", "war", "ear", "aar", "rar", "zip", "nar":
		return packaging
	}
	return "jar"
}
