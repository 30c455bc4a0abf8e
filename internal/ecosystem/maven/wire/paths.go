package wire

import (
	"net/url"
	"strings"

	"assay.invalid/internal/assay"
)

// metadataName is the document that lists versions, snapshot files or
// plugins, depending on the folder that it stands in.
const metadataName = "maven-metadata.xml"

// Kind is what a path of the layout means.
type Kind uint8

// The kinds of paths.
const (
	// Metadata is the document of a package's versions. The same path is that
	// of a group's plugins: only the document tells them apart.
	Metadata Kind = iota + 1
	// SnapshotMetadata is the document of the files of one snapshot version.
	SnapshotMetadata
	// File is a file of a version.
	File
	// Nothing is the root, a folder, or a document that Assay does not have.
	Nothing
)

// Path is a request path, decoded.
type Path struct {
	Kind    Kind
	Name    string // the package; "" for metadata of a group of one folder
	Version string // SnapshotMetadata, File
	File    string // File: the name of the file in the version's folder
	Sum     string // the algorithm whose digest is asked for, in place of the thing; "" for the thing
	// Group is the group whose plugins a Metadata may list; "" if the path
	// cannot be that of a group.
	Group string
	// Owner is the package of which a Metadata path would be the version's
	// folder; "" if there is none. Releases have no metadata of their own,
	// but who asks for one must not give the package's name away.
	Owner string
}

// Sums are the algorithms of side files, the strongest first.
var Sums = [...]string{"sha512", "sha256", "sha1", "md5"}

// maxPath bounds a request path, in bytes.
const maxPath = 2 << 10

// ParsePath decodes the escaped path of a request's URL. Errors are Invalid
// for a path that is malformed, NotFound for one that means nothing.
//
// A segment is decoded once, and one that is then no plain name is refused: a
// hidden slash, a dotted segment or a second encoding is an attempt to reach
// another path than the one decided on.
func ParsePath(escaped string) (Path, error) {
	if len(escaped) > maxPath {
		return Path{}, assay.Errorf(assay.Invalid, "a path of %d bytes is too long: %d is the limit", len(escaped), maxPath)
	}
	rest := strings.TrimPrefix(escaped, "/")
	if rest == "" {
		return Path{Kind: Nothing}, nil
	}
	rest, folder := strings.CutSuffix(rest, "/")
	segments := strings.Split(rest, "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil || !plainSegment(plain) {
			return Path{}, assay.Errorf(assay.Invalid, "the path has a segment that a Maven repository cannot have: %q", short(segment))
		}
		segments[i] = plain
	}
	if folder {
		return Path{Kind: Nothing}, nil
	}
	last := len(segments) - 1
	file, sum := cutSum(segments[last])
	if file == metadataName {
		return metadataPath(segments[:last], sum)
	}
	return filePath(segments, file, sum)
}

// plainSegment allows what names, versions and their files are made of.
func plainSegment(s string) bool {
	if s == "" || s == "." || s == ".." {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !letter(r) && !strings.ContainsRune(".-_+~", r) }) < 0
}

// cutSum takes the ending of a side file off a name.
func cutSum(file string) (rest, algorithm string) {
	for _, a := range Sums {
		if rest, ok := strings.CutSuffix(file, "."+a); ok && rest != "" {
			return rest, a
		}
	}
	return file, ""
}

func metadataPath(folders []string, sum string) (Path, error) {
	p := Path{Kind: Metadata, Sum: sum, Group: joinGroup(folders)}
	last := len(folders) - 1
	if last < 0 {
		return Path{Kind: Nothing}, nil
	}
	if last >= 2 {
		p.Owner = joinName(folders[:last-1], folders[last-1])
	}
	if Snapshot(folders[last]) && p.Owner != "" && plainVersion(folders[last]) {
		return Path{Kind: SnapshotMetadata, Name: p.Owner, Version: folders[last], Sum: sum}, nil
	}
	p.Name = joinName(folders[:last], folders[last])
	if p.Name == "" && p.Group == "" && p.Owner == "" {
		return Path{}, nothingHere()
	}
	return p, nil
}

func joinGroup(folders []string) string {
	for _, f := range folders {
		if !plainFolder(f) {
			return ""
		}
	}
	return strings.Join(folders, ".")
}

// joinName is "" for what is no name.
func joinName(folders []string, artifact string) string {
	group := joinGroup(folders)
	if group == "" || !plainArtifact(artifact) || len(group)+1+len(artifact) > maxName {
		return ""
	}
	return group + "/" + artifact
}

func filePath(segments []string, file, sum string) (Path, error) {
	last := len(segments) - 1
	if last < 3 {
		return Path{}, nothingHere()
	}
	name := joinName(segments[:last-2], segments[last-2])
	if name == "" || !plainVersion(segments[last-1]) || !FileOf(name, segments[last-1], file) {
		return Path{}, nothingHere()
	}
	return Path{Kind: File, Name: name, Version: segments[last-1], File: file, Sum: sum}, nil
}

func nothingHere() error {
	return assay.Errorf(assay.NotFound, "there is nothing at this path: a Maven repository has <group>/<artifact>/maven-metadata.xml and <group>/<artifact>/<version>/<artifact>-<version>.<extension>, the group with slashes for dots")
}

// FileOf tells whether a version of the package can have a file of that name:
// artifact and version stand in front, as the layout demands. A name that
// began otherwise could be that of another version's file.
func FileOf(name, version, file string) bool {
	_, ok := ParseFile(name, version, file)
	return ok && plainSegment(file)
}

// FileName is the name of a file, taken apart.
type FileName struct {
	Stamp      string // of a snapshot: "20260102.030405-1", or "SNAPSHOT"; else ""
	Classifier string
	Extension  string // without its dot: "jar", "pom.asc"
}

// ParseFile takes the name of a version's file apart.
func ParseFile(name, version, file string) (FileName, bool) {
	_, artifact := Split(name)
	rest, ok := strings.CutPrefix(file, artifact+"-")
	if !ok {
		return FileName{}, false
	}
	var f FileName
	if base, ok := snapshotBase(version); ok {
		if rest, ok = strings.CutPrefix(rest, base); !ok {
			return FileName{}, false
		}
		f.Stamp, rest = cutStamp(rest)
		if f.Stamp == "" {
			return FileName{}, false
		}
	} else if rest, ok = strings.CutPrefix(rest, version); !ok {
		return FileName{}, false
	}
	head, extension, ok := strings.Cut(rest, ".")
	if !ok || extension == "" {
		return FileName{}, false
	}
	classifier, hyphen := strings.CutPrefix(head, "-")
	if head != "" && (!hyphen || classifier == "") {
		return FileName{}, false
	}
	f.Classifier, f.Extension = classifier, extension
	return f, true
}

// snapshotBase is what stands before SNAPSHOT in a version.
func snapshotBase(version string) (base string, ok bool) {
	if !Snapshot(version) {
		return "", false
	}
	return version[:len(version)-len("SNAPSHOT")], true
}

// cutStamp takes what stands for SNAPSHOT in the name of a file: the word
// itself, or the date, time and number of one build.
func cutStamp(s string) (stamp, rest string) {
	const word, digits = "SNAPSHOT", len("20260102.030405-")
	if len(s) >= len(word) && strings.EqualFold(s[:len(word)], word) {
		return s[:len(word)], s[len(word):]
	}
	if len(s) <= digits || s[8] != '.' || s[15] != '-' || !allDigits(s[:8]) || !allDigits(s[9:15]) {
		return "", s
	}
	end := digits
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	if end == digits || end > digits+9 {
		return "", s
	}
	return s[:end], s[end:]
}

func allDigits(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// folder is a package's folder in the layout.
func folder(name string) string {
	group, artifact := Split(name)
	return strings.ReplaceAll(group, ".", "/") + "/" + artifact
}

// MetadataPath is where an origin has the list of a package's versions.
func MetadataPath(name string) string { return folder(name) + "/" + metadataName }

// FilePath is where an origin has a file of a version.
func FilePath(name, version, file string) string { return folder(name) + "/" + version + "/" + file }

// POMName is the name of a version's POM.
func POMName(name, version string) string {
	_, artifact := Split(name)
	return artifact + "-" + version + ".pom"
}

// SplitFile cuts what names a file within a package, "version/file", and
// whose digest is asked for; ok is false for what cannot be one.
func SplitFile(name, text string) (version, file, sum string, ok bool) {
	version, file, ok = strings.Cut(text, "/")
	if !ok || !plainVersion(version) {
		return "", "", "", false
	}
	file, sum = cutSum(file)
	return version, file, sum, FileOf(name, version, file)
}

// NameOf finds the package, version and file of a path that FilePath made.
func NameOf(path string) (name, version, file string, err error) {
	p, err := ParsePath(path)
	if err != nil || p.Kind != File || p.Sum != "" {
		return "", "", "", assay.Errorf(assay.Internal, "%q is no path of a file", path)
	}
	return p.Name, p.Version, p.File, nil
}

// short bounds a text that quotes what came from outside.
func short(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}
