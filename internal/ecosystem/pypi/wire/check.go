package wire

import (
	"bytes"
	"context"
	"io"

	"assay.invalid/internal/assay"
)

// maxMetadata bounds the metadata of an upstream's file, in bytes.
const maxMetadata = 8 << 20

// CheckFile makes sure that content is a file of the sort that its name says:
// an upstream may give no digest, and a page that says "sorry" must not be
// kept as a wheel. It looks at the first and last bytes alone; what is inside
// is the installer's to read. Errors are Unsound.
func CheckFile(ctx context.Context, file string, content io.ReaderAt, size int64) error {
	if err := ctx.Err(); err != nil {
		return assay.Wrap(assay.Canceled, err, "checking %s was given up", file)
	}
	if _, ok := MetadataOf(file); ok {
		return checkMetadata(file, content, size)
	}
	head := make([]byte, 512)
	n, err := content.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return assay.Wrap(assay.Internal, err, "%s cannot be read", file)
	}
	head = head[:n]
	stem, _, known := cutSuffix(file)
	if !known {
		return nil
	}
	ok := true
	switch file[len(stem):] {
	case ".whl", ".zip", ".egg":
		ok = bytes.HasPrefix(head, []byte("PK\x03\x04")) && endsAsZip(content, size)
	case ".tar.gz", ".tgz":
		ok = bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8})
	case ".tar.bz2":
		ok = bytes.HasPrefix(head, []byte("BZh"))
	case ".tar.xz":
		ok = bytes.HasPrefix(head, []byte("\xfd7zXZ\x00"))
	case ".exe":
		ok = bytes.HasPrefix(head, []byte("MZ"))
	}
	if !ok {
		return assay.Errorf(assay.Unsound, "%s is not a file of the sort that its name says", file)
	}
	return nil
}

// endsAsZip finds the record that ends a zip's table of contents, which is
// missing in one that was cut off.
func endsAsZip(content io.ReaderAt, size int64) bool {
	tail := make([]byte, min(size, 22+1<<16))
	if _, err := content.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return false
	}
	return bytes.Contains(tail, []byte("PK\x05\x06"))
}

func checkMetadata(file string, content io.ReaderAt, size int64) error {
	if size > maxMetadata {
		return assay.Errorf(assay.Unsound, "%s has %d bytes, and metadata has %d at the most", file, size, maxMetadata)
	}
	raw := make([]byte, size)
	if _, err := content.ReadAt(raw, 0); err != nil && err != io.EOF {
		return assay.Wrap(assay.Internal, err, "%s cannot be read", file)
	}
	if header, _, _ := bytes.Cut(raw, []byte("\n\n")); !bytes.Contains(bytes.ToLower(header), []byte("metadata-version:")) {
		return assay.Errorf(assay.Unsound, "%s is not the metadata of a distribution", file)
	}
	return nil
}
