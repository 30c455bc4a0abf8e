package server

import (
	"io"
	"io/fs"
	"syscall"
)

// section is a part of an open file. Unlike a file with its one position it
// can be sent to many clients at the same time.
type section struct {
	file    syscall.Conn
	off, n  int64
	advance func(sent int64) // moves the reader that it was made of
}

// filePart finds the part of a file that a reader stands for: an
// io.SectionReader over something that the kernel can send, or a bounded part
// of one.
func filePart(src io.Reader) (section, bool) {
	limited, _ := src.(*io.LimitedReader)
	if limited != nil {
		src = limited.R
	}
	reader, ok := src.(*io.SectionReader)
	if !ok {
		return section{}, false
	}
	outer, base, size := reader.Outer()
	file, ok := outer.(interface {
		syscall.Conn
		Stat() (fs.FileInfo, error)
	})
	if !ok {
		return section{}, false
	}
	at, err := reader.Seek(0, io.SeekCurrent)
	if err != nil {
		return section{}, false
	}
	s := section{file: file, off: base + at, n: size - at}
	if limited != nil {
		s.n = min(s.n, limited.N)
	}
	s.advance = func(sent int64) {
		_, _ = reader.Seek(sent, io.SeekCurrent) // within the section: it cannot fail
		if limited != nil {
			limited.N -= sent
		}
	}
	return s, s.n > 0
}
