package cargo

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/asking"
)

func TestAddressesFollowTheTemplate(t *testing.T) {
	for template, want := range map[string]string{
		"https://h.example/dl":                              "https://h.example/dl/Serde/1.0.0/download",
		"https://h.example/{prefix}/{crate}-{version}":      "https://h.example/Se/rd/Serde-1.0.0",
		"https://h.example/{lowerprefix}/{sha256-checksum}": "https://h.example/se/rd/00",
	} {
		if got := expand(template, "Serde", "1.0.0", "00"); got != want {
			t.Errorf("%s leads to %s, want %s", template, got, want)
		}
	}
	for name, want := range map[string]string{"a": "1", "ab": "2", "abc": "3/a", "abcd": "ab/cd"} {
		if got := prefix(name); got != want {
			t.Errorf("%s lies in %s, want %s", name, got, want)
		}
	}
}

var release = scorecard.Release{Name: "trial-x", Version: "1.0.0", Files: map[string]string{"build.rs": "fn main() {}\n"}, Dependencies: map[string]string{"itoa": "1.0.0"},
	Homepage: "https://home.example/", Repository: "https://code.example/x", Mail: "a@mail.example"}

func inside(t *testing.T, archive []byte) (texts map[string]string, paths []string, links int) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	texts = map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return texts, paths, links
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeSymlink {
			links++
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		texts[h.Name], paths = string(text), append(paths, h.Name)
	}
}

func TestACrateAndItsDescriptionSayTheSame(t *testing.T) {
	whole, err := New().Archive(release)
	if err != nil {
		t.Fatal(err)
	}
	files, _, _ := inside(t, whole)
	manifest := files["trial-x-1.0.0/Cargo.toml"]
	for _, line := range []string{`name = "trial-x"`, `version = "1.0.0"`, `build = "build.rs"`, "[dependencies.itoa]\nversion = \"^1.0.0\"", `homepage = "https://home.example/"`, `repository = "https://code.example/x"`} {
		if !strings.Contains(manifest, line) {
			t.Errorf("Cargo.toml lacks %q", line)
		}
	}
	if files["trial-x-1.0.0/src/lib.rs"] == "" {
		t.Error("there is nothing to build")
	}
	raw, err := json.Marshal(description(release))
	if err != nil || !strings.Contains(string(raw), `"version_req":"^1.0.0"`) || !strings.Contains(string(raw), `"vers":"1.0.0"`) {
		t.Errorf("described as %s (%v)", raw, err)
	}
}

func TestEverySpoiledCrateIsWrongInItsOwnWay(t *testing.T) {
	for _, how := range scorecard.Spoils {
		spoiled, err := New().Spoiled(release, how)
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if how == scorecard.NoArchive || how == scorecard.CutShort {
			if z, err := gzip.NewReader(bytes.NewReader(spoiled)); err == nil {
				if _, err := io.ReadAll(z); err == nil {
					t.Errorf("%s can be read", how)
				}
			}
			continue
		}
		files, paths, links := inside(t, spoiled)
		var climbing, absolute, twice bool
		for i, p := range paths {
			climbing = climbing || strings.Contains(p, "..")
			absolute = absolute || strings.HasPrefix(p, "/")
			for _, q := range paths[:i] {
				twice = twice || p == q
			}
		}
		named := strings.Contains(files["trial-x-1.0.0/Cargo.toml"], `name = "trial-x-another"`)
		for kind, is := range map[scorecard.Spoil]bool{scorecard.Climbing: climbing, scorecard.Absolute: absolute, scorecard.TwiceInside: twice, scorecard.LinkOutside: links == 1, scorecard.OtherName: named} {
			if is != (kind == how) {
				t.Errorf("%s: %s is %v: %v", how, kind, is, paths)
			}
		}
	}
	if _, err := New().Spoiled(release, "another way"); err == nil {
		t.Error("a way that nobody knows was packed")
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte("{\"name\":\"x\",\"vers\":\"1.0.0\",\"deps\":[{\"name\":\"y\",\"req\":\"*\"}],\"cksum\":\"00\",\"yanked\":true,\"pubtime\":\"2026-01-01T00:00:00Z\"}\n{\"name\":\"X\",\"vers\":\"2.0.0\"}"), 200)
	f.Add([]byte(`{"dl":"https://h.example/{crate}","api":"https://h.example"}`), 200)
	f.Add([]byte(`{"errors":[{"detail":"no"}],"crates":[{"name":"x"}],"token":"t","ok":false}`), 403)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		res := scorecard.Response{Status: status, Header: http.Header{}, Body: body, At: "https://registry.example/config.json"}
		first := scorecard.AnswerTo(res, nil, said(res))
		c, a := readConfig(res, first)
		l, b := readListing("x", res, first, c, "https://registry.example/", 50)
		if v := l.Versions[l.Latest]; l.Latest != "" && (v.Status != assay.Active || v.Digests == nil) {
			t.Errorf("latest is %q, which is not to be chosen", l.Latest)
		}
		for version, v := range l.Versions {
			if version != scorecard.Words(version) || v.File != "" && !strings.HasPrefix(v.File, "http") {
				t.Errorf("%q is read as %+v", version, v)
			}
		}
		names, d := searched(res, first)
		token, e := readToken(res, first)
		if len(names) > 100 || e.Verdict == scorecard.Accepted && !asking.Sendable(token.Credential.Secret) {
			t.Errorf("read as %v, %v", names, token)
		}
		for _, answer := range []scorecard.Answer{a, b, d, e, done(res, first)} {
			if answer.Verdict == scorecard.Accepted && (status < 200 || status > 299) || answer.Verdict == "" {
				t.Errorf("status %d is judged as %+v", status, answer)
			}
		}
	})
}
