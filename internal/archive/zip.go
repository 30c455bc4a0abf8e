package archive

import (
	"archive/zip"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"

	"assay.invalid/internal/assay"
)

// WalkZip reads a zip and calls fn for each entry, in the order of the table
// of contents. Before the first call the table has been compared with the
// data: every byte up to it belongs to exactly one entry of it, under the
// same name.
func WalkZip(ctx context.Context, r io.ReaderAt, size int64, limits Limits, fn func(*Entry) error) error {
	limits = limits.withDefaults()
	if size > limits.Packed {
		return assay.Errorf(assay.TooLarge, "the archive has %d bytes; the limit is %d", size, limits.Packed)
	}
	source := &sourceReader{ctx: ctx, r: r}
	return source.verdict(walkZip(source, size, limits, fn))
}

func walkZip(source *sourceReader, size int64, limits Limits, fn func(*Entry) error) error {
	zr, err := openZip(source, size, limits)
	if err != nil {
		return err
	}
	entries := make([]*Entry, len(zr.File))
	known := newNames(limits)
	left, byRatio := limits.unpacked(size)
	for i, f := range zr.File {
		entry, err := zipEntry(f, limits)
		if err != nil {
			return err
		}
		if f.UncompressedSize64 > uint64(left) {
			return bomb(limits, byRatio)
		}
		left -= int64(f.UncompressedSize64)
		if entry.Kind == Symlink {
			if err := readLink(f, entry, limits); err != nil {
				return err
			}
			if err := known.link(entry.Name, entry.Link, Symlink); err != nil {
				return err
			}
		}
		if err := known.add(entry.Name, entry.Kind); err != nil {
			return err
		}
		entries[i] = entry
	}
	if err := checkLayout(source, size, zr.File); err != nil {
		return err
	}
	for i, f := range zr.File {
		if err := visitZip(f, entries[i], fn); err != nil {
			return err
		}
	}
	return nil
}

// openZip reads the table of contents within a budget: a zip of nothing but
// entries takes many times its own size in memory.
func openZip(source io.ReaderAt, size int64, limits Limits) (*zip.Reader, error) {
	b := &budgetReader{r: source}
	b.left.Store(limits.Directory)
	zr, err := zip.NewReader(b, size)
	switch {
	case b.left.Load() < 0:
		return nil, assay.Errorf(assay.TooLarge, "the zip's table of contents is larger than %d bytes", limits.Directory)
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, err
	}
	b.open.Store(true)
	if len(zr.File) > limits.Entries {
		return nil, assay.Errorf(assay.TooLarge, "the archive holds more than %d entries", limits.Entries)
	}
	return zr, nil
}

// budgetReader fails once more was read than the budget, until it is opened.
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

const encrypted = 1 // general purpose bit 0

func zipEntry(f *zip.File, limits Limits) (*Entry, error) {
	mode := f.Mode()
	entry := &Entry{Name: f.Name, Size: int64(f.UncompressedSize64), Executable: mode&0o111 != 0}
	switch {
	case f.Flags&encrypted != 0:
		return nil, assay.Errorf(assay.Invalid, "the archive holds %q encrypted: nobody could check it", shown(f.Name))
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return nil, assay.Errorf(assay.Invalid, "the archive holds %q compressed by method %d: use deflate", shown(f.Name), f.Method)
	case f.UncompressedSize64 > uint64(limits.Entry):
		return nil, assay.Errorf(assay.TooLarge, "%q has %d bytes; the limit for one file is %d", shown(f.Name), f.UncompressedSize64, limits.Entry)
	}
	if name, folder := strings.CutSuffix(f.Name, "/"); folder {
		entry.Kind, entry.Name = Folder, name
	}
	switch mode.Type() {
	case 0:
	case fs.ModeDir:
		if entry.Kind != Folder {
			return nil, assay.Errorf(assay.Invalid, "the archive holds %q, a folder by its mode and a file by its name", shown(f.Name))
		}
	case fs.ModeSymlink:
		if entry.Kind == Folder {
			return nil, assay.Errorf(assay.Invalid, "the archive holds %q, a link by its mode and a folder by its name", shown(f.Name))
		}
		entry.Kind = Symlink
	default:
		return nil, assay.Errorf(assay.Invalid, "the archive holds a device or pipe, %q", shown(f.Name))
	}
	if err := checkName(entry.Name, limits); err != nil {
		return nil, err
	}
	if entry.Kind == Folder && entry.Size != 0 {
		return nil, assay.Errorf(assay.Invalid, "the archive holds a folder %q with content", shown(entry.Name))
	}
	return entry, nil
}

// readLink reads where a symbolic link points to: its content says it.
func readLink(f *zip.File, entry *Entry, limits Limits) error {
	if entry.Size == 0 || entry.Size > int64(limits.Name) {
		return assay.Errorf(assay.Invalid, "the archive holds a symbolic link %q to nowhere, or too far", shown(entry.Name))
	}
	rc, err := f.Open()
	if err != nil {
		return err
	}
	target, err := io.ReadAll(io.LimitReader(rc, entry.Size+1))
	if err = cmp.Or(err, rc.Close()); err != nil {
		return err
	}
	entry.Link, entry.Size = string(target), 0
	return nil
}

func visitZip(f *zip.File, entry *Entry, fn func(*Entry) error) error {
	if entry.Kind != File {
		return visit(fn, entry, &measured{r: strings.NewReader("")})
	}
	rc, err := f.Open()
	if err != nil {
		return err
	}
	content := &measured{r: rc, left: entry.Size}
	if err := visit(fn, entry, content); err != nil {
		return errors.Join(err, rc.Close())
	}
	if err := content.drain(); err != nil {
		return errors.Join(err, rc.Close())
	}
	return rc.Close()
}

// Signatures and sizes of zip's records.
const (
	localSignature      = 0x04034b50
	localSize           = 30
	centralSignature    = 0x02014b50
	descriptorSignature = 0x08074b50
	endSignature        = 0x06054b50
	hasDescriptor       = 8 // general purpose bit 3
)

// checkLayout walks over the data from its first byte and compares it with
// the table of contents. It stops three attacks: data that belongs to several
// entries (a small zip that unpacks to petabytes), local headers that name
// other files than the table (one reader follows the table, another the
// data), and bytes between entries that only some readers find.
func checkLayout(source io.ReaderAt, size int64, files []*zip.File) error {
	type placed struct {
		file *zip.File
		data int64
	}
	order := make([]placed, len(files))
	for i, f := range files {
		at, err := f.DataOffset()
		if err != nil {
			return err
		}
		order[i] = placed{f, at}
	}
	slices.SortFunc(order, func(a, b placed) int { return cmp.Compare(a.data, b.data) })
	pos := int64(0)
	for i, p := range order {
		if err := checkLocal(source, size, pos, p.file, p.data); err != nil {
			return err
		}
		end := p.data + int64(p.file.CompressedSize64)
		if p.file.CompressedSize64 > uint64(size) || end > size {
			return io.ErrUnexpectedEOF
		}
		next, ok := end, true
		if p.file.Flags&hasDescriptor != 0 {
			next, ok = pastDescriptor(source, size, end, i == len(order)-1)
		}
		if !ok {
			return misplaced(p.file)
		}
		pos = next
	}
	if sig := signature(source, size, pos); len(files) > 0 && sig != centralSignature || len(files) == 0 && sig != endSignature {
		return assay.Errorf(assay.Invalid, "the archive holds bytes that its table of contents does not name: readers differ in whether they see them")
	}
	return nil
}

func checkLocal(source io.ReaderAt, size, pos int64, f *zip.File, data int64) error {
	if signature(source, size, pos) != localSignature {
		return misplaced(f)
	}
	header := make([]byte, localSize+len(f.Name))
	if _, err := source.ReadAt(header, pos); err != nil {
		return err
	}
	nameLen := int64(binary.LittleEndian.Uint16(header[26:]))
	extraLen := int64(binary.LittleEndian.Uint16(header[28:]))
	if pos+localSize+nameLen+extraLen != data || string(header[localSize:]) != f.Name || int(nameLen) != len(f.Name) ||
		binary.LittleEndian.Uint16(header[8:]) != f.Method || (binary.LittleEndian.Uint16(header[6:])^f.Flags)&(encrypted|hasDescriptor) != 0 {
		return misplaced(f)
	}
	// Who reads the data as a stream goes by the sizes that stand here. With
	// a descriptor behind the data they may be left out, as zeros.
	packed, plain := binary.LittleEndian.Uint32(header[18:]), binary.LittleEndian.Uint32(header[22:])
	const elsewhere = 1<<32 - 1 // in the extra field, for 4 GiB and more
	for _, size := range []struct {
		here  uint32
		table uint64
	}{{packed, f.CompressedSize64}, {plain, f.UncompressedSize64}} {
		if uint64(size.here) != size.table && size.here != elsewhere && (size.here != 0 || f.Flags&hasDescriptor == 0) {
			return misplaced(f)
		}
	}
	return nil
}

func misplaced(f *zip.File) error {
	return assay.Errorf(assay.Invalid, "the archive's table of contents and its data disagree at %q: readers would see different files", shown(f.Name))
}

// pastDescriptor finds where the descriptor behind an entry's data ends: it
// has 12 or 20 bytes, and a signature of 4 before them or not.
func pastDescriptor(source io.ReaderAt, size, end int64, last bool) (int64, bool) {
	want := uint32(localSignature)
	if last {
		want = centralSignature
	}
	lengths := []int64{12, 20}
	if signature(source, size, end) == descriptorSignature {
		lengths = []int64{16, 24, 12, 20}
	}
	for _, n := range lengths {
		if signature(source, size, end+n) == want {
			return end + n, true
		}
	}
	return 0, false
}

// signature is the record mark at an offset; 0 where there is none.
func signature(source io.ReaderAt, size, at int64) uint32 {
	if at < 0 || at+4 > size {
		return 0
	}
	var b [4]byte
	if _, err := source.ReadAt(b[:], at); err != nil && err != io.EOF {
		return 0
	}
	return binary.LittleEndian.Uint32(b[:])
}
