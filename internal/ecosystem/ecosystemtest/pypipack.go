package ecosystemtest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// module is the name that the package is imported by, and with which its files
// begin.
func (v PyPIVersion) module() string { return strings.ReplaceAll(v.Name, "-", "_") }

func (v PyPIVersion) wheelName() string {
	platform := v.Platform
	if platform == "" {
		platform = "any"
	}
	return v.module() + "-" + v.Version + "-py3-none-" + platform + ".whl"
}

func (v PyPIVersion) sourceName() string { return v.module() + "-" + v.Version + ".tar.gz" }

// metadata is METADATA and PKG-INFO.
func (v PyPIVersion) metadata() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Metadata-Version: 2.1\nName: %s\nVersion: %s\nSummary: made for a test\n", v.Name, v.Version)
	if v.RequiresPython != "" {
		fmt.Fprintf(&b, "Requires-Python: %s\n", v.RequiresPython)
	}
	for _, r := range v.Requires {
		fmt.Fprintf(&b, "Requires-Dist: %s\n", r)
	}
	b.WriteString("\nA package for tests.\n")
	return b.String()
}

// code is the module itself.
func (v PyPIVersion) code() string {
	return fmt.Sprintf("__version__ = %q  # edition %d\n", v.Version, v.edition)
}

// day is the date of everything in archives, so that the same version has the
// same bytes.
var day = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// PyPIWheel makes a wheel that installs (the binary distribution format).
func PyPIWheel(v PyPIVersion) ([]byte, error) {
	info := v.module() + "-" + v.Version + ".dist-info/"
	files := map[string]string{
		v.module() + ".py": v.code(),
		info + "METADATA":  v.metadata(),
		info + "WHEEL":     "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
	}
	for name, content := range v.Files {
		files[v.module()+"_data/"+name] = content
	}
	var record strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		sum := sha256.Sum256([]byte(files[name]))
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", name, base64.RawURLEncoding.EncodeToString(sum[:]), len(files[name]))
	}
	record.WriteString(info + "RECORD,,\n")
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, name := range append(slices.Sorted(maps.Keys(files)), info+"RECORD") {
		w, err := zw.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: day})
		if err != nil {
			return nil, fmt.Errorf("making a wheel: %w", err)
		}
		content, ok := files[name]
		if !ok {
			content = record.String()
		}
		if _, err := w.Write([]byte(content)); err != nil {
			return nil, fmt.Errorf("making a wheel: %w", err)
		}
	}
	if err := zw.Close(); err != nil {
		return nil, fmt.Errorf("making a wheel: %w", err)
	}
	return b.Bytes(), nil
}

// PyPISource makes a source archive whose build back end lies in it, so that
// it builds without any other package.
func PyPISource(v PyPIVersion) ([]byte, error) {
	top := v.module() + "-" + v.Version + "/"
	files := map[string]string{
		top + "PKG-INFO":         v.metadata(),
		top + v.module() + ".py": v.code(),
		top + "pyproject.toml":   "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n",
		top + "backend.py":       backend(v),
	}
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	tw := tar.NewWriter(gz)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		content := files[name]
		if err := tw.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), ModTime: day}); err != nil {
			return nil, fmt.Errorf("making a source archive: %w", err)
		}
		if _, err := tw.Write([]byte(content)); err != nil {
			return nil, fmt.Errorf("making a source archive: %w", err)
		}
	}
	if err := tw.Close(); err != nil {
		return nil, fmt.Errorf("making a source archive: %w", err)
	}
	if err := gz.Close(); err != nil {
		return nil, fmt.Errorf("making a source archive: %w", err)
	}
	return b.Bytes(), nil
}

// backend is a build back end (PEP 517) that makes one wheel.
func backend(v PyPIVersion) string {
	return fmt.Sprintf(`import base64, hashlib, os, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name, info = %q, %q
    files = {
        %q: open(%[3]q).read(),
        info + "METADATA": open("PKG-INFO").read(),
        info + "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    with zipfile.ZipFile(os.path.join(folder, name), "w") as z:
        for path, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += "%%s,sha256=%%s,%%d\n" %% (path, digest, len(text.encode()))
            z.writestr(path, text)
        z.writestr(info + "RECORD", record + info + "RECORD,,\n")
    return name
`, PyPIVersion{Name: v.Name, Version: v.Version}.wheelName(), v.module()+"-"+v.Version+".dist-info/", v.module()+".py")
}
