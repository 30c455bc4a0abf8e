package ecosystemtest

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// MavenWorld is the Maven ecosystem over a fake repository.
type MavenWorld struct{ Fake *Maven }

var _ Hosted = MavenWorld{}

// Ecosystem implements World.
func (MavenWorld) Ecosystem() assay.Ecosystem { return assay.Maven }

// Upstream implements World.
func (w MavenWorld) Upstream() *Server { return w.Fake.Server }

// Name implements World with a group of two folders and a capital.
func (MavenWorld) Name(short string) string { return "example.Works/" + short }

// Version implements World.
func (MavenWorld) Version(short string) string { return short }

// Publish implements World.
func (w MavenWorld) Publish(name, version string, published time.Time, bytes int) error {
	return w.Fake.Publish(MavenVersion{Name: name, Version: version, Published: published, Files: filler(bytes)})
}

// Withdraw implements World.
func (w MavenWorld) Withdraw(name, version string) { w.Fake.Withdraw(name, version) }

// Rewrite implements World.
func (w MavenWorld) Rewrite(name, version string) error { return w.Fake.Rewrite(name, version) }

// Bytes implements World.
func (w MavenWorld) Bytes(name, version string) []byte { return w.Fake.Jar(name, version) }

// ListingPath implements World.
func (MavenWorld) ListingPath(name string) string { return mavenFolder(name) + "/maven-metadata.xml" }

// FilePath implements World.
func (w MavenWorld) FilePath(name, version string) string { return mavenFile(name, version, "jar") }

func mavenFile(name, version, extension string) string {
	_, artifact := splitMaven(name)
	return mavenFolder(name) + "/" + version + "/" + artifact + "-" + version + "." + extension
}

// FileMark implements World. The side files have it too, and are logged under
// other paths.
func (MavenWorld) FileMark(_, version string) string { return "-" + version + ".jar" }

// Choices implements World: the versions of the metadata, of which the digests
// in all their forms must be right, and the POM of each must be there.
func (w MavenWorld) Choices(ctx context.Context, base, name string) ([]string, error) {
	d, err := w.metadata(ctx, base, name)
	if err != nil {
		return nil, err
	}
	for what, version := range map[string]string{"latest": d.Latest, "release": d.Release} {
		if version != "" && !slices.Contains(d.Versions, version) {
			return nil, fmt.Errorf("%s dangles: it is %s, of %q", what, version, d.Versions)
		}
	}
	for _, version := range d.Versions {
		pom, err := get(ctx, base+mavenFile(name, version, "pom"), "")
		if err != nil {
			return nil, fmt.Errorf("%s is listed and its POM is refused: %w", version, err)
		}
		if err := checkSums(ctx, base+mavenFile(name, version, "pom"), pom); err != nil {
			return nil, err
		}
	}
	return d.Versions, nil
}

func (w MavenWorld) metadata(ctx context.Context, base, name string) (mavenMetadata, error) {
	var d mavenMetadata
	body, err := get(ctx, base+w.ListingPath(name), "")
	if err != nil {
		return d, err
	}
	if err := checkSums(ctx, base+w.ListingPath(name), body); err != nil {
		return d, err
	}
	if err := xml.Unmarshal(body, &d); err != nil {
		return d, fmt.Errorf("reading the metadata of %s: %w", name, err)
	}
	if d.Group+"/"+d.Artifact != name {
		return d, fmt.Errorf("the metadata of %s is about %s/%s", name, d.Group, d.Artifact)
	}
	return d, nil
}

// checkSums asks for the side files of what was got, whether the upstream has
// them or not.
func checkSums(ctx context.Context, url string, body []byte) error {
	strong := sha512.Sum512(body)
	for ending, want := range map[string]string{
		".md5": mavenSums[".md5"](body), ".sha1": mavenSums[".sha1"](body), ".sha256": sha256Hex(body), ".sha512": hex.EncodeToString(strong[:]),
	} {
		got, err := get(ctx, url+ending, "")
		if err != nil {
			return err
		}
		if string(got) != want {
			return fmt.Errorf("%s%s is %q, and what it is of has %s", url, ending, got, want)
		}
	}
	return nil
}

// Default implements World: the release that the metadata names.
func (w MavenWorld) Default(ctx context.Context, base, name string) (string, error) {
	d, err := w.metadata(ctx, base, name)
	if err != nil {
		return "", err
	}
	if d.Release == "" {
		return "", fmt.Errorf("%s has no release", name)
	}
	return d.Release, nil
}

// ListingSins implements World.
func (MavenWorld) ListingSins() []Sin {
	return []Sin{ServerError, Overloaded, Truncated, ShortButConsistent, HangsBeforeHeader, HangsInBody, Garbage,
		HTMLPage, EndlessBody, FiveGigabytes, RedirectsToPrivate, RedirectsToMapped, RedirectsForEver}
}

// Traversals implements World.
func (MavenWorld) Traversals() []string {
	return []string{
		"../etc/passwd", "%2e%2e/etc/passwd", "..%2fetc%2fpasswd", "%252e%252e%252fetc/passwd", "example/Works/../../../etc/passwd",
		"example/Works/kettle/..%2f..%2fmaven-metadata.xml", "example%2fWorks%2fkettle/maven-metadata.xml", "example/Works/kettle%00/maven-metadata.xml",
		"example/Works/kettle/1.0.0/../../../../etc/passwd", "example/Works/kettle/1.0.0/kettle-1.0.0.jar%2f..%2f..%2fpasswd",
		"example/Works/kettle/1.0.0/%2e%2e%2fkettle-1.0.0.jar", "example/Works/kettle/1.0.0/kettle-1.1.0.jar", "example.Works/kettle/1.0.0/kettle-1.0.0.jar",
		"example/Works/kettle/1.0.0/kettle-1.0.0.jar%0d%0aHost:%20elsewhere", "example/Works/kettle/..%5c..%5cpasswd/maven-metadata.xml",
		"example//Works/kettle/maven-metadata.xml", "example/Works/kettle/1.0.0/", "example/Works/kettle/1.0.0/maven-metadata.xml/../../passwd",
	}
}

// Private implements Hosted.
func (MavenWorld) Private(short string) string { return "com.vaultworks/" + short }

// Claim implements Hosted.
func (MavenWorld) Claim() string { return "pkg:maven/com.vaultworks/*" }

// Upload implements Hosted, with the requests of mvn deploy: jar, POM and
// metadata, each followed by its digests. Maven ends at the first that fails.
func (w MavenWorld) Upload(ctx context.Context, base, token string, up Upload) (Reply, error) {
	made, err := packMaven(MavenVersion{Name: up.Name, Version: up.Version}, up.Edition)
	if err != nil {
		return Reply{}, err
	}
	jar := made.jar
	if up.Broken {
		jar = jar[:len(jar)/2]
	}
	p := &mavenPackage{versions: map[string]mavenVersion{up.Version: made}, order: []string{up.Version}}
	authorization := ""
	if token != "" {
		authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte("deployer:"+token))
	}
	var reply Reply
	for _, file := range []struct {
		path string
		body []byte
	}{
		{mavenFile(up.Name, up.Version, "jar"), jar}, {mavenFile(up.Name, up.Version, "pom"), made.pom}, {w.ListingPath(up.Name), p.metadata(up.Name)},
	} {
		for _, part := range []struct {
			ending string
			body   []byte
		}{{"", file.body}, {".sha1", []byte(mavenSums[".sha1"](file.body))}, {".md5", []byte(mavenSums[".md5"](file.body))}} {
			reply, err = send(ctx, http.MethodPut, base+file.path+part.ending, part.body, "Authorization", authorization)
			reply.Sent = jar
			if err != nil || reply.Status < 200 || reply.Status > 299 {
				return reply, err
			}
		}
	}
	return reply, nil
}

// Probes implements Hosted.
func (w MavenWorld) Probes(name, version string) []Probe {
	at := mavenFolder(name)
	group, artifact := splitMaven(name)
	folder := strings.ReplaceAll(group, ".", "/")
	paths := []string{
		w.ListingPath(name), w.ListingPath(name) + ".sha1", w.ListingPath(name) + ".md5", w.ListingPath(name) + ".sha256", w.ListingPath(name) + ".sha512",
		w.ListingPath(name) + ".asc", mavenFile(name, version, "jar"), mavenFile(name, version, "jar.sha1"), mavenFile(name, version, "jar.asc"),
		mavenFile(name, version, "pom"), mavenFile(name, version, "pom.sha256"), mavenFile(name, version, "module"), mavenFile(name, version, "war"),
		mavenFile(name, "9.9.9", "pom"), mavenFile(name, "9.9.9", "jar"), mavenFile(name, "9.9.9-SNAPSHOT", "jar"),
		at + "/" + version + "/maven-metadata.xml", at + "/9.9.9-SNAPSHOT/maven-metadata.xml", at + "/9.9.9-SNAPSHOT/maven-metadata.xml.sha1",
		folder + "/maven-metadata.xml", folder + "/maven-metadata.xml.sha1", at + "/", folder + "/", at,
		strings.ReplaceAll(at, "/", "%2f") + "/maven-metadata.xml", folder + "/%" + hex.EncodeToString([]byte(artifact[:1])) + artifact[1:] + "/maven-metadata.xml",
		group + "/" + artifact + "/maven-metadata.xml", "/" + at + "//maven-metadata.xml",
	}
	probes := make([]Probe, len(paths))
	for i, path := range paths {
		probes[i] = Probe{Path: path}
	}
	return probes
}
