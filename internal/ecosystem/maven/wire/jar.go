package wire

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync/atomic"
)

// Archive tells the extensions of files that are zips.
func Archive(extension string) bool {
	switch extension {
	case "jar", "war", "ear", "aar", "zip":
		return true
	}
	return false
}

// CheckZip reads the table of contents of a jar within bounds. Whoever
// unpacks the archive must stay inside the place it is unpacked to: names
// that are absolute or lead upwards (zip slip), and links that do, are
// refused, with either kind of slash. Jars in use hold the same name twice,
// names told apart by case alone, and a script in front, so these are not.
func CheckZip(content io.ReaderAt, size int64, limits Limits) error {
	_, err := openZip(content, size, limits)
	return err
}

func openZip(content io.ReaderAt, size int64, limits Limits) (*zip.Reader, error) {
	budget := &budgetReader{r: content}
	budget.left.Store(limits.Directory)
	zr, err := zip.NewReader(budget, size)
	switch {
	case budget.left.Load() < 0:
		return nil, fmt.Errorf("its table of contents is larger than %d bytes", limits.Directory)
	case errors.Is(err, zip.ErrInsecurePath):
	case err != nil:
		return nil, fmt.Errorf("it is no sound zip: %w", err)
	}
	budget.open.Store(true)
	if len(zr.File) > limits.Names {
		return nil, fmt.Errorf("it has more than %d entries", limits.Names)
	}
	for _, f := range zr.File {
		if !inside(f.Name) {
			return nil, fmt.Errorf("it holds %q, which would be unpacked elsewhere", short(f.Name))
		}
		if f.Mode().Type() == fs.ModeSymlink {
			if err := checkLink(f); err != nil {
				return nil, err
			}
		}
	}
	return zr, nil
}

// CheckNew reads an archive that is to be published as CheckZip does, and
// refuses one that holds a file twice: which of the two counts depends on the
// reader, so that what was looked at need not be what runs.
func CheckNew(content io.ReaderAt, size int64, limits Limits) error {
	zr, err := openZip(content, size, limits)
	if err != nil {
		return err
	}
	return unique(zr)
}

func unique(zr *zip.Reader) error {
	known := make(map[string]bool, len(zr.File))
	for _, f := range zr.File {
		if known[f.Name] {
			return fmt.Errorf("it holds %q twice, and readers differ in which of the two counts: pack it anew", short(f.Name))
		}
		known[f.Name] = !strings.HasSuffix(f.Name, "/") // a folder has no content to differ in
	}
	return nil
}

// maxEntryName bounds the name of an entry, in bytes.
const maxEntryName = 4 << 10

// inside tells a relative name that stays below where it is unpacked.
func inside(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	if name == "" || len(name) > maxEntryName || name[0] == '/' || strings.ContainsRune(name, 0) {
		return false
	}
	if len(name) > 1 && name[1] == ':' && letter(rune(name[0])) { // a drive
		return false
	}
	for segment := range strings.SplitSeq(name, "/") {
		if segment == ".." {
			return false
		}
	}
	return true
}

// checkLink refuses a link whose target, which is its content, leads out.
func checkLink(f *zip.File) error {
	target, err := readEntry(f, maxEntryName)
	if err != nil {
		return err
	}
	depth := strings.Count(strings.Trim(f.Name, "/"), "/")
	rest := strings.ReplaceAll(string(target), `\`, "/")
	for strings.HasPrefix(rest, "../") {
		rest, depth = rest[len("../"):], depth-1
	}
	if depth < 0 || !inside(rest) {
		return fmt.Errorf("it holds a link %q that leads out of it", short(f.Name))
	}
	return nil
}

// readEntry reads a small entry whole.
func readEntry(f *zip.File, limit int64) ([]byte, error) {
	if f.UncompressedSize64 > uint64(limit) {
		return nil, fmt.Errorf("its entry %q has more than %d bytes", short(f.Name), limit)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("its entry %q cannot be read: %w", short(f.Name), err)
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("its entry %q cannot be read: %w", short(f.Name), err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("its entry %q is larger than it says", short(f.Name))
	}
	return content, nil
}

// budgetReader fails once more was read than the budget, until it is opened:
// a zip of nothing but entries takes many times its own size in memory.
type budgetReader struct {
	r    io.ReaderAt
	left atomic.Int64
	open atomic.Bool
}

func (b *budgetReader) ReadAt(p []byte, off int64) (int, error) {
	if !b.open.Load() && b.left.Add(-int64(len(p))) < 0 {
		return 0, errors.New("the table of contents is too large")
	}
	return b.r.ReadAt(p, off)
}

// Embedded reads a jar that is to be published as CheckNew does. It compares
// the coordinates that Maven writes into a jar with those it is published
// under, and names the fields that differ. A jar that holds
// others (META-INF/maven/<group>/<artifact>/pom.properties) may hold many: a
// shaded jar has those of all that it was made of, and one that was made by
// somebody else and is published under a name of one's own has theirs. They
// mislead nobody. The one of its own group and artifact must say the version
// it is published as.
func Embedded(name, version string, content io.ReaderAt, size int64, limits Limits) (differ []string, err error) {
	zr, err := openZip(content, size, limits)
	if err != nil {
		return nil, err
	}
	if err := unique(zr); err != nil {
		return nil, err
	}
	own := "META-INF/maven/" + name + "/pom.properties"
	for _, f := range zr.File {
		if f.Name != own {
			continue
		}
		text, err := readEntry(f, limits.Properties)
		if err != nil {
			return nil, err
		}
		group, artifact := Split(name)
		for _, field := range []struct{ key, want string }{{"groupId", group}, {"artifactId", artifact}, {"version", version}} {
			if is, ok := property(text, field.key); ok && is != field.want {
				differ = append(differ, field.key)
			}
		}
	}
	return differ, nil
}

// property reads one key of a Java properties file, as far as Maven writes
// them: key=value, one a line.
func property(text []byte, key string) (value string, ok bool) {
	for line := range strings.Lines(string(text)) {
		k, v, found := strings.Cut(strings.TrimSpace(line), "=")
		if found && strings.TrimSpace(k) == key {
			value, ok = strings.TrimSpace(v), true // the last one counts
		}
	}
	return value, ok
}
