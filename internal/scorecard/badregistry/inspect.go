package badregistry

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"path"
	"regexp"
	"strings"

	"assay.invalid/internal/assay"
)

// inspectPlainly looks an archive through that its clients would unpack
// without a look: every path stays inside and comes once, nothing is a link,
// all bytes can be read, and the name inside is the one outside.
func inspectPlainly(e assay.Ecosystem, name, number string, packed []byte) error {
	var err error
	if isGzip(packed) {
		err = inspectTar(packed, topOf(e, name, number, true))
	} else {
		err = inspectZip(packed)
	}
	if err != nil {
		return assay.Wrap(assay.Invalid, err, "it cannot be unpacked safely: %v", err)
	}
	return inspectName(e, name, number, packed)
}

// seen are the paths of an archive so far.
type seen map[string]bool

func (s seen) add(name string, file bool) error {
	clean := strings.TrimSuffix(name, "/")
	switch {
	case !file:
		return errors.New("it holds something that is no file: " + name)
	case clean == "" || path.Clean("/"+clean) != "/"+clean || strings.Contains(name, `\`):
		return errors.New("the path " + name + " leaves its folder")
	case s[strings.ToLower(clean)]:
		return errors.New("the path " + name + " comes twice")
	}
	s[strings.ToLower(clean)] = true
	return nil
}

func inspectZip(packed []byte) error {
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return err
	}
	all, left := seen{}, int64(mostUnpacked)
	for _, f := range z.File {
		if err := all.add(f.Name, f.Mode().IsRegular() || f.Mode().IsDir()); err != nil {
			return err
		}
		content, err := f.Open()
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, io.LimitReader(content, left+1))
		if closed := content.Close(); err == nil {
			err = closed
		}
		if left -= n; err != nil || left < 0 {
			return errors.Join(err, errors.New("it cannot be read whole, or unpacks to too much"))
		}
	}
	return nil
}

func inspectTar(packed []byte, top string) error {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	bounded := io.LimitReader(z, mostUnpacked)
	t := tar.NewReader(bounded)
	all := seen{}
	for {
		h, err := t.Next()
		if err == io.EOF {
			_, err = io.Copy(io.Discard, bounded) // its checksum comes last
			return err
		}
		if err != nil {
			return err
		}
		if err := all.add(h.Name, h.Typeflag == tar.TypeReg || h.Typeflag == tar.TypeDir); err != nil {
			return err
		}
		if !strings.HasPrefix(h.Name, top) {
			return errors.New(h.Name + " is not in the folder " + top)
		}
		if _, err := io.Copy(io.Discard, t); err != nil {
			return err
		}
	}
}

// Where an archive says its name.
var (
	namePyPI  = regexp.MustCompile(`(?m)^Name: (.*)$`)
	nameCargo = regexp.MustCompile(`(?m)^name = "([^"]*)"$`)
)

// inspectName makes sure that an archive is the package that it was sent as.
// Else one package would be listed and another installed.
func inspectName(e assay.Ecosystem, name, number string, packed []byte) error {
	files := filesIn(e, name, number, packed)
	inside := ""
	switch e {
	case assay.PyPI:
		for _, at := range []string{"PKG-INFO", escapedPyPI(name) + "-" + number + ".dist-info/METADATA"} {
			if m := namePyPI.FindStringSubmatch(files[at]); m != nil {
				inside = strings.TrimSpace(m[1])
			}
		}
		if normalPyPI(inside) == normalPyPI(name) {
			inside = name
		}
	case assay.Cargo:
		if m := nameCargo.FindStringSubmatch(files["Cargo.toml"]); m != nil {
			inside = m[1]
		}
	case assay.Maven:
		if files["META-INF/maven/"+name+"/pom.properties"] != "" {
			inside = name
		}
	}
	if inside != name {
		return assay.Errorf(assay.Invalid, "the archive says that it is %q, and was sent as %s", inside, coordinateOf(name, number))
	}
	return nil
}
