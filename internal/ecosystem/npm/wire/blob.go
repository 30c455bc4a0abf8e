package wire

import "io"

// pieceSize is how much of a blob lies in one piece: growing needs no second
// copy of what has come.
const pieceSize = 64 << 10

// Blob is bytes in memory, in pieces. It is filled by one goroutine and may
// then be read by many.
type Blob struct {
	pieces [][]byte // all full but the last
	size   int64
}

// Size is the number of bytes.
func (b *Blob) Size() int64 { return b.size }

// append takes a copy of p.
func (b *Blob) append(p []byte) {
	b.size += int64(len(p))
	for len(p) > 0 {
		last := len(b.pieces) - 1
		if last < 0 || len(b.pieces[last]) == pieceSize {
			var piece []byte
			if last >= 0 { // the first grows: most tarballs are small
				piece = make([]byte, 0, pieceSize)
			}
			b.pieces = append(b.pieces, piece)
			last++
		}
		n := min(len(p), pieceSize-len(b.pieces[last]))
		b.pieces[last] = append(b.pieces[last], p[:n]...)
		p = p[n:]
	}
}

// ReadAt implements io.ReaderAt.
func (b *Blob) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for off >= 0 && off < b.size && n < len(p) {
		copied := copy(p[n:], b.pieces[off/pieceSize][off%pieceSize:])
		n += copied
		off += int64(copied)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
