package archive

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"assay.invalid/internal/assay"
)

// WalkTarGz reads a gzipped tar and calls fn for each entry, in order. It
// reads to the very end, so that a checksum that does not fit or a second
// archive behind the first is found before the walk succeeds.
func WalkTarGz(ctx context.Context, r io.ReaderAt, size int64, limits Limits, fn func(*Entry) error) error {
	limits = limits.withDefaults()
	if size > limits.Packed {
		return assay.Errorf(assay.TooLarge, "the archive has %d bytes; the limit is %d", size, limits.Packed)
	}
	source := &sourceReader{ctx: ctx, r: r}
	return source.verdict(walkTarGz(source, size, limits, fn))
}

func walkTarGz(source *sourceReader, size int64, limits Limits, fn func(*Entry) error) error {
	packed := bufio.NewReaderSize(io.NewSectionReader(source, 0, size), 32<<10)
	zr, err := gzip.NewReader(packed)
	if err != nil {
		if source.err != nil || source.ctx.Err() != nil {
			return err
		}
		return assay.Wrap(assay.Invalid, err, "the archive is not compressed with gzip")
	}
	// A second gzip member would be read by some and ignored by others.
	zr.Multistream(false)
	most, byRatio := limits.unpacked(size)
	plain := &inflated{r: zr, left: most, limits: limits, byRatio: byRatio}
	if err := walkTar(plain, limits, fn); err != nil {
		return err
	}
	if err := onlyZeros(plain); err != nil {
		return err
	}
	if _, err := packed.ReadByte(); err == nil {
		return assay.Errorf(assay.Invalid, "something follows the archive: readers differ in whether they see it")
	} else if err != io.EOF {
		return err
	}
	return nil
}

func walkTar(plain io.Reader, limits Limits, fn func(*Entry) error) error {
	source := &lastBlock{r: plain}
	tr := tar.NewReader(source)
	known := newNames(limits)
	for {
		header, err := tr.Next()
		if err == io.EOF {
			return nil
		}
		// An insecure name comes with its header; checkName says more of it.
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return err
		}
		if header.Typeflag == tar.TypeXGlobalHeader {
			if err := checkGlobal(header); err != nil {
				return err
			}
			continue
		}
		if err := checkSizes(header, source.block[:]); err != nil {
			return err
		}
		entry, err := tarEntry(header, limits)
		if err != nil {
			return err
		}
		if entry.Link != "" {
			if err := known.link(entry.Name, entry.Link, entry.Kind); err != nil {
				return err
			}
		}
		if err := known.add(entry.Name, entry.Kind); err != nil {
			return err
		}
		content := &measured{r: tr, left: entry.Size}
		if err := visit(fn, entry, content); err != nil {
			return err
		}
		if err := content.drain(); err != nil {
			return err
		}
	}
}

// checkGlobal lets pass what git writes in front of an archive. Anything else
// in a global header changes later entries for some readers and not for
// others.
func checkGlobal(header *tar.Header) error {
	for key := range header.PAXRecords {
		if key != "comment" {
			return assay.Errorf(assay.Invalid, "the archive has a global header with %q, which readers understand differently", shown(key))
		}
	}
	return nil
}

// checkSizes refuses records that give an entry another size than its header
// has: a reader which ignores them sees other entries from there on. One that
// repeats the header's size misleads nobody, and some builders write it with
// every file. block is the entry's own header, as it was read.
func checkSizes(header *tar.Header, block []byte) error {
	for key, value := range header.PAXRecords {
		if key == "size" && value == headerSize(block) || key != "size" && !strings.HasPrefix(key, "GNU.sparse.") {
			continue
		}
		return assay.Errorf(assay.Invalid, "the archive states the size of %q twice (%s), which readers understand differently", shown(header.Name), shown(key))
	}
	return nil
}

// headerSize is the size in a header block (POSIX ustar: octal digits, filled
// with zeros before and ended by a space or a zero byte), in decimal digits.
// It is "" where the field holds anything else.
func headerSize(block []byte) string {
	digits := strings.Trim(string(block[124:136]), " \x00")
	n, err := strconv.ParseUint(digits, 8, 63)
	if err != nil {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// lastBlock remembers the last block that was read: after a reader of tar has
// gone to the next entry, that entry's own header.
type lastBlock struct {
	r     io.Reader
	block [512]byte
}

func (l *lastBlock) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if n >= len(l.block) {
		copy(l.block[:], p[n-len(l.block):n])
	} else if n > 0 {
		copy(l.block[:], l.block[n:])
		copy(l.block[len(l.block)-n:], p[:n])
	}
	return n, err
}

func tarEntry(header *tar.Header, limits Limits) (*Entry, error) {
	entry := &Entry{Name: header.Name, Size: header.Size, Executable: header.Mode&0o111 != 0}
	switch header.Typeflag {
	case tar.TypeReg:
	case tar.TypeDir:
		entry.Kind, entry.Name = Folder, strings.TrimSuffix(header.Name, "/")
	case tar.TypeSymlink:
		entry.Kind, entry.Link = Symlink, header.Linkname
	case tar.TypeLink:
		entry.Kind, entry.Link = Hardlink, header.Linkname
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return nil, assay.Errorf(assay.Invalid, "the archive holds a device or pipe, %q", shown(header.Name))
	default:
		return nil, assay.Errorf(assay.Invalid, "the archive holds %q of a kind (%q) that is no file, folder or link", shown(header.Name), header.Typeflag)
	}
	if err := checkName(entry.Name, limits); err != nil {
		return nil, err
	}
	switch {
	case (entry.Kind == Symlink || entry.Kind == Hardlink) && entry.Link == "":
		return nil, assay.Errorf(assay.Invalid, "the archive holds a %s %q to nowhere", entry.Kind, shown(entry.Name))
	case entry.Kind != File && entry.Size != 0:
		// Whether these bytes are skipped depends on the reader.
		return nil, assay.Errorf(assay.Invalid, "the archive holds a %s %q with content", entry.Kind, shown(entry.Name))
	case entry.Size > limits.Entry:
		return nil, assay.Errorf(assay.TooLarge, "%q has %d bytes; the limit for one file is %d", shown(entry.Name), entry.Size, limits.Entry)
	}
	return entry, nil
}

// onlyZeros reads the rest behind the end mark. Readers differ in what they
// do with more entries there.
func onlyZeros(r io.Reader) error {
	buf := make([]byte, 4<<10)
	for {
		n, err := r.Read(buf)
		for _, c := range buf[:n] {
			if c != 0 {
				return assay.Errorf(assay.Invalid, "something follows the end of the archive: readers differ in whether they see it")
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// inflated ends a decompression bomb: it counts what really comes out.
type inflated struct {
	r       io.Reader
	left    int64
	limits  Limits
	byRatio bool
}

func (b *inflated) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, bomb(b.limits, b.byRatio)
	}
	return n, err
}

func bomb(limits Limits, byRatio bool) error {
	if byRatio {
		return assay.Errorf(assay.TooLarge, "the archive unpacks to more than %d times its size", limits.Ratio)
	}
	return assay.Errorf(assay.TooLarge, "the archive unpacks to more than %d bytes", limits.Unpacked)
}
