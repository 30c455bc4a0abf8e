package adopt

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

// superPOM is a project that all inherit from.
func superPOM(packages, plugins string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<project>
  <modelVersion>4.0.0</modelVersion>
  <repositories><repository><id>central</id><url>` + packages + `</url><layout>default</layout></repository></repositories>
  <pluginRepositories><pluginRepository><id>central</id><url>` + plugins + `</url></pluginRepository></pluginRepositories>
</project>`
}

// installMaven makes a Maven installation whose mvn is led to by PATH through
// a link, and returns its directory.
func (m *machine) installMaven(pom string) string {
	m.t.Helper()
	home := filepath.Join(m.t.TempDir(), "maven")
	var jar bytes.Buffer
	w := zip.NewWriter(&jar)
	for name, text := range map[string]string{"META-INF/maven/x/pom.xml": superPOM("https://wrong.example/", "https://wrong.example/"), "org/apache/maven/model/pom-4.0.0.xml": pom} {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			m.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		m.t.Fatal(err)
	}
	for name, text := range map[string]string{
		"bin/mvn": "#!/bin/sh\necho mvn must not be started >&2; exit 9\n", "lib/maven-model-builder-3.9.9.jar": jar.String(),
	} {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			m.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			m.t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(home, "bin", "mvn"), filepath.Join(m.bin, "mvn")); err != nil {
		m.t.Fatal(err)
	}
	return home
}

func TestMavenAnswers(t *testing.T) {
	const packages, plugins = "https://registry.example/maven2", "https://plugins.example/m2"
	mirror := func(id, of, url string) string {
		return "<mirror><id>" + id + "</id><mirrorOf>" + of + "</mirrorOf><url>" + url + "</url></mirror>"
	}
	mirrors := func(all ...string) string {
		return `<?xml version="1.0"?><settings xmlns="urn:settings"><mirrors>` + strings.Join(all, "") + "</mirrors></settings>"
	}
	profile := func(active, id, url string) string {
		return "<settings><servers><server><id>x</id><password>hunter2</password></server></servers><profiles><profile><id>corp</id><activation><activeByDefault>" + active + "</activeByDefault></activation><repositories><repository><id>" +
			id + "</id><url>" + url + "</url></repository></repositories></profile></profiles></settings>"
	}
	cases := []struct {
		name              string
		user, global, pom string
		env               string
		origins           []string
		source            string
		dropped           string
		err               string
	}{
		{"the super-POM", "", "", superPOM(packages, packages), "", []string{"https://registry.example/maven2/"}, "the super-POM of mvn", "", ""},
		{"plugins from elsewhere are a second origin", "", "", superPOM(packages, plugins), "", []string{"https://registry.example/maven2/", "https://plugins.example/m2/"}, "", "", ""},
		{"a mirror of everything", mirrors(mirror("corp", "*", "https://mirror.example/maven")), "", superPOM(packages, plugins), "", []string{"https://mirror.example/maven/"}, "~/.m2/settings.xml", "", ""},
		{"a mirror of central", mirrors(mirror("corp", "central", "https://mirror.example/maven")), "", superPOM(packages, packages), "", []string{"https://mirror.example/maven/"}, "~/.m2/settings.xml", "", ""},
		{"a mirror of the installation", "", mirrors(mirror("corp", "external:*", "https://mirror.example/maven")), superPOM(packages, packages), "", []string{"https://mirror.example/maven/"}, "", "", ""},
		{"the user's mirror goes first", mirrors(mirror("corp", "*", "https://user.example/maven")), mirrors(mirror("corp", "central", "https://global.example/maven")), superPOM(packages, packages), "", []string{"https://user.example/maven/"}, "~/.m2/settings.xml", "", ""},
		{"one of exactly this repository goes before a pattern", mirrors(mirror("all", "*", "https://all.example/"), mirror("one", "central", "https://one.example/")), "", superPOM(packages, packages), "", []string{"https://one.example/"}, "", "", ""},
		{"a pattern that leaves it out", mirrors(mirror("corp", "*, !central", "https://mirror.example/maven")), "", superPOM(packages, packages), "", []string{"https://registry.example/maven2/"}, "the super-POM of mvn", "", ""},
		{"a mirror of http alone", mirrors(mirror("corp", "external:http:*", "https://mirror.example/maven")), "", superPOM(packages, packages), "", []string{"https://registry.example/maven2/"}, "", "", ""},
		{"a mirror of others", mirrors(mirror("corp", "jboss,snapshots", "https://mirror.example/maven")), "", superPOM(packages, packages), "", []string{"https://registry.example/maven2/"}, "", "", ""},
		{"a mirror that blocks", mirrors(strings.Replace(mirror("no", "*", "https://mirror.example/"), "</url>", "</url><blocked>true</blocked>", 1)), "", superPOM(packages, packages), "", nil, "", "is blocked in the settings", ""},
		{"a mirror that is commented out", mirrors("<!-- " + mirror("corp", "*", "https://mirror.example/maven") + " -->"), "", superPOM(packages, packages), "", []string{"https://registry.example/maven2/"}, "", "", ""},
		{"credentials in a mirror's address", mirrors(mirror("corp", "*", "https://u:hunter2@mirror.example/maven")), "", superPOM(packages, packages), "", []string{"https://mirror.example/maven/"}, "", "credentials", ""},
		{"an address out of the environment", mirrors(mirror("corp", "*", "https://${env.CORP}/maven/${env.TEAM}")), "", superPOM(packages, packages), "CORP=mirror.example", nil, "", "${...}", ""},
		{"an address wholly out of the environment", mirrors(mirror("corp", "*", "https://${env.CORP}/maven")), "", superPOM(packages, packages), "CORP=mirror.example", []string{"https://mirror.example/maven/"}, "", "", ""},
		{"itself", mirrors(mirror("assay", "*", "http://localhost:8417/maven/")), "", superPOM(packages, packages), "", nil, "", "this Assay itself", ""},
		{"central given another address by a profile", profile("true", "central", "https://corp.example/maven"), "", superPOM(packages, packages), "", []string{"https://corp.example/maven/"}, "~/.m2/settings.xml", "", ""},
		{"a profile that is not in force", profile("false", "central", "https://corp.example/maven"), "", superPOM(packages, packages), "", []string{"https://registry.example/maven2/"}, "the super-POM of mvn", "", ""},
		{"another repository of a profile", profile("true", "thirdparty", "https://corp.example/maven"), "", superPOM(packages, packages), "", []string{"https://registry.example/maven2/"}, "", `the repository "thirdparty" of the profile "corp" is not taken over`, ""},
		{"a directory", mirrors(mirror("corp", "*", "file:///srv/maven")), "", superPOM(packages, packages), "", nil, "", "a directory on this machine", ""},
		{"settings in Latin-1", `<?xml version="1.0" encoding="ISO-8859-1"?><settings><localRepository>/srv/b` + "\xfc" + `cher</localRepository></settings>`, "", superPOM(packages, packages), "", []string{"https://registry.example/maven2/"}, "", "", ""},
		{"settings that are none", "<settings><mirrors>hunter2", "", superPOM(packages, packages), "", nil, "", "", "settings.xml cannot be read"},
		{"settings with entities", `<!DOCTYPE x [<!ENTITY a "b">]><settings>&a;</settings>`, "", superPOM(packages, packages), "", nil, "", "", "settings.xml cannot be read"},
		{"deep settings", strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000), "", superPOM(packages, packages), "", nil, "", "", "settings.xml cannot be read"},
		{"large settings", "<settings>" + strings.Repeat(" ", maxSettings) + "</settings>", "", superPOM(packages, packages), "", nil, "", "", "more than"},
		{"a super-POM without a repository", "", "", "<project/>", "", nil, "", "", "no super-POM with a repository"},
		{"a super-POM that is none", "", "", "hello <", "", nil, "", "", "super-POM cannot be read"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			home := m.installMaven(c.pom)
			if c.user != "" {
				m.write(".m2/settings.xml", c.user)
			}
			if c.global != "" {
				if err := os.MkdirAll(filepath.Join(home, "conf"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(home, "conf", "settings.xml"), []byte(c.global), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if c.env != "" {
				m.cfg.Env = append(m.cfg.Env, c.env)
			}
			f := Maven(t.Context(), m.cfg)
			if !slices.Equal(f.Origins, c.origins) {
				t.Errorf("origins %q, want %q", f.Origins, c.origins)
			}
			if c.source != "" && f.Source != c.source {
				t.Errorf("the source is %q, want %q", f.Source, c.source)
			}
			if c.dropped != "" {
				says(t, f.Dropped, c.dropped)
			}
			if c.err == "" && f.Err != nil || c.err != "" && (f.Err == nil || !strings.Contains(f.Err.Error(), c.err)) {
				t.Errorf("error %v, want %q", f.Err, c.err)
			}
			if all := fmt.Sprint(f); strings.Contains(all, "hunter2") {
				t.Errorf("a password is in %q", all)
			}
		})
	}
}

func TestMavenBehindAShim(t *testing.T) {
	m := newMachine(t)
	home := m.installMaven(superPOM("https://registry.example/maven2", "https://registry.example/maven2"))
	if err := os.Remove(filepath.Join(m.bin, "mvn")); err != nil {
		t.Fatal(err)
	}
	m.program("mvn", `test "$PWD" = / || exit 9; printf '\033[1mApache Maven 3.9.9\033[m\nMaven home: `+home+`\nJava version: 17\n'`)
	if f := Maven(t.Context(), m.cfg); !slices.Equal(f.Origins, []string{"https://registry.example/maven2/"}) {
		t.Errorf("%q, %v", f.Origins, f.Err)
	}
	m.program("mvn", "printf 'Maven home: /nowhere/at/all\\n'")
	if f := Maven(t.Context(), m.cfg); !assay.Is(f.Err, assay.Unsound) || f.Origins != nil {
		t.Errorf("a home that is none: %q, %v", f.Origins, f.Err)
	}
}

func TestMavenThatIsMissing(t *testing.T) {
	m := newMachine(t)
	m.cfg.Env[0] = "PATH=" + m.bin
	m.write(".m2/settings.xml", "<settings><mirrors><mirror><id>a</id><mirrorOf>*</mirrorOf><url>https://mirror.example/</url></mirror></mirrors></settings>")
	if f := Maven(t.Context(), m.cfg); !assay.Is(f.Err, assay.NotFound) || f.Origins != nil {
		t.Errorf("%q, %v, want NotFound", f.Origins, f.Err)
	}
}
