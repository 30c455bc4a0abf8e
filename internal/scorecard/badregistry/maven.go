package badregistry

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// maven answers below /maven/. It holds the lock throughout.
func (r *Registry) maven(req *http.Request, path string) answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, err := r.mavenAnswer(req, path)
	if err != nil {
		return asRefusal(err, true)
	}
	return a
}

// mavenPath is what a path of the layout leads to.
type mavenPath struct {
	name     string // group/artifact
	number   string // "" for the metadata of the artifact
	end      string // of a version's file: jar or pom
	checksum string // the algorithm of a side file, "" for the file itself
}

const mavenMetadata = "maven-metadata.xml"

// readMavenPath reads a path.
func readMavenPath(path string) (mavenPath, bool) {
	var at mavenPath
	for _, algorithm := range []string{"md5", "sha1", "sha256", "sha512"} {
		if rest, ok := strings.CutSuffix(path, "."+algorithm); ok {
			path, at.checksum = rest, algorithm
			break
		}
	}
	s := strings.Split(path, "/")
	for i := range s {
		plain, err := url.PathUnescape(s[i])
		if err != nil || plain == "" {
			return at, false
		}
		s[i] = plain
	}
	if n := len(s); n >= 3 && s[n-1] == mavenMetadata {
		at.name = strings.Join(s[:n-2], ".") + "/" + s[n-2]
		return at, true
	}
	n := len(s)
	if n < 4 {
		return at, false
	}
	at.name, at.number = strings.Join(s[:n-3], ".")+"/"+s[n-3], s[n-2]
	var fits bool
	at.end, fits = strings.CutPrefix(s[n-1], s[n-3]+"-"+at.number+".")
	return at, fits && (at.end == "jar" || at.end == "pom")
}

func (r *Registry) mavenAnswer(req *http.Request, path string) (answer, error) {
	by, err := r.basic(req)
	if err != nil {
		return answer{}, err
	}
	at, ok := readMavenPath(path)
	switch {
	case !ok:
		return answer{}, notFound("artifact at " + path)
	case req.Method == http.MethodPut:
		return r.mavenDeploy(req, by, at)
	case req.Method != http.MethodGet && req.Method != http.MethodHead:
		return answer{}, refuse(http.StatusMethodNotAllowed, "%s is not known here", req.Method)
	}
	p, err := r.find(req.Context(), assay.Maven, at.name)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: http.StatusOK, kind: "text/xml", header: map[string]string{}}
	if at.number == "" {
		a.body, err = r.mavenListing(p)
		if at.checksum != "" {
			return mavenSum(a.body, at.checksum), err
		}
		return a, err
	}
	v := p.release(at.number)
	if v == nil {
		return answer{}, notFound(coordinateOf(at.name, at.number))
	}
	if at.checksum == "" && at.end == "jar" {
		a.kind = "application/java-archive"
		a.body, err = r.file(p, at.number)
		return a, err
	}
	if err := r.stands(p, v).served; err != nil {
		return answer{}, err
	}
	content := v.Archive
	if at.end == "pom" {
		if content, err = mavenPOM(p.name, v); err != nil {
			return answer{}, err
		}
	}
	switch strong := at.checksum == "sha256" || at.checksum == "sha512"; {
	case at.checksum == "":
		a.body, a.header["Last-Modified"] = content, v.Published.UTC().Format(http.TimeFormat)
		return a, nil
	case r.sins[NoDigests], strong && r.sins[WeakDigests]:
		return answer{}, notFound("side file at " + path)
	case r.sins[DigestMismatch]:
		content = append(slices.Clone(content), "other bytes"...)
	}
	return mavenSum(content, at.checksum), nil
}

func mavenSum(content []byte, algorithm string) answer {
	var sum []byte
	switch algorithm {
	case "md5":
		s := md5.Sum(content)
		sum = s[:]
	case "sha1":
		s := sha1.Sum(content)
		sum = s[:]
	case "sha256":
		s := sha256.Sum256(content)
		sum = s[:]
	default:
		s := sha512.Sum512(content)
		sum = s[:]
	}
	return asText(http.StatusOK, hex.EncodeToString(sum))
}

// mavenVersions is the document that lists an artifact's versions.
type mavenVersions struct {
	XMLName  xml.Name `xml:"metadata"`
	Group    string   `xml:"groupId"`
	Artifact string   `xml:"artifactId"`
	Latest   string   `xml:"versioning>latest,omitempty"`
	Release  string   `xml:"versioning>release,omitempty"`
	Versions []string `xml:"versioning>versions>version"`
	Updated  string   `xml:"versioning>lastUpdated"`
}

// mavenListing lists the versions that may be chosen: Maven has no mark for
// others, so they are left out.
func (r *Registry) mavenListing(p *pack) ([]byte, error) {
	if p.gone != "" {
		return nil, notFound(p.name)
	}
	group, id, _ := strings.Cut(p.name, "/")
	m := mavenVersions{Group: group, Artifact: id, Updated: r.now().UTC().Format("20060102150405")}
	for _, v := range r.listed(p) {
		m.Versions = append(m.Versions, v.Number)
	}
	if newest := r.latest(p); newest != nil {
		m.Latest, m.Release = newest.Number, newest.Number
	}
	text, err := xml.MarshalIndent(m, "", "  ")
	return append([]byte(xml.Header), text...), err
}

// mavenProject is what the registry reads and writes of a POM.
type mavenProject struct {
	XMLName      xml.Name       `xml:"project"`
	Model        string         `xml:"modelVersion"`
	Group        string         `xml:"groupId"`
	Artifact     string         `xml:"artifactId"`
	Version      string         `xml:"version"`
	Packaging    string         `xml:"packaging"`
	Homepage     string         `xml:"url,omitempty"`
	Dependencies []mavenDepends `xml:"dependencies>dependency,omitempty"`
}

type mavenDepends struct {
	Group    string `xml:"groupId"`
	Artifact string `xml:"artifactId"`
	Version  string `xml:"version"`
}

// mavenPOM is a version's POM: as it was deployed, else made of its manifest.
func mavenPOM(name string, v *release) ([]byte, error) {
	if v.POM != nil {
		return v.POM, nil
	}
	group, id, _ := strings.Cut(name, "/")
	homepage, _ := v.Manifest["homepage"].(string)
	p := mavenProject{Model: "4.0.0", Group: group, Artifact: id, Version: v.Number, Packaging: "jar", Homepage: homepage}
	text, err := xml.MarshalIndent(p, "", "  ")
	return append([]byte(xml.Header), text...), err
}

// mavenDeploy takes the files of a deploy one by one. The jar is looked at when
// it comes, and the version is there when its POM has come too; the metadata is
// made here, so that what clients send of it is only taken.
func (r *Registry) mavenDeploy(req *http.Request, by asker, at mavenPath) (answer, error) {
	taken := answer{status: http.StatusCreated, kind: kindPlain}
	if by.token == nil {
		return answer{}, refuse(http.StatusUnauthorized, "deploying needs a token: put it into settings.xml")
	}
	if at.checksum != "" || at.number == "" {
		return taken, nil
	}
	content, err := io.ReadAll(req.Body)
	if err != nil {
		return answer{}, refuse(http.StatusBadRequest, "the file did not come whole")
	}
	key := by.token.owner + " " + coordinateOf(at.name, at.number)
	if at.end == "jar" {
		up := &upload{ecosystem: assay.Maven, name: at.name, number: at.number, archive: content}
		if err := r.admit(req.Context(), by, *up); err != nil {
			return answer{}, err
		}
		const most = 100
		if len(r.halves) >= most {
			clear(r.halves)
		}
		r.halves[key] = up
		return taken, nil
	}
	up := r.halves[key]
	if up == nil {
		return answer{}, refuse(http.StatusConflict, "the POM of %s came without its jar", coordinateOf(at.name, at.number))
	}
	delete(r.halves, key)
	var p mavenProject
	if err := xml.NewDecoder(bytes.NewReader(content)).Decode(&p); err != nil || p.Group+"/"+p.Artifact != at.name || p.Version != at.number {
		return answer{}, refuse(http.StatusBadRequest, "the POM is not that of %s", coordinateOf(at.name, at.number))
	}
	up.pom, up.manifest = content, map[string]any{"homepage": p.Homepage}
	return taken, r.publish(req.Context(), by, *up)
}
