package dir

import (
	"os"
	"time"
)

// Filesystem is what the store does to the disk that can go wrong and matters
// for durability. A nil function is the operating system's own; tests put
// failing ones in their place.
type Filesystem struct {
	Write   func(f *os.File, p []byte) (int, error)
	Sync    func(f *os.File) error                // a staged file
	Touch   func(path string, to time.Time) error // sets the time of the last commit
	Rename  func(from, to string) error
	SyncDir func(path string) error
	Remove  func(path string) error
}

func (fs Filesystem) withDefaults() Filesystem {
	if fs.Write == nil {
		fs.Write = (*os.File).Write
	}
	if fs.Sync == nil {
		fs.Sync = (*os.File).Sync
	}
	if fs.Touch == nil {
		fs.Touch = func(path string, to time.Time) error { return os.Chtimes(path, to, to) }
	}
	if fs.Rename == nil {
		fs.Rename = os.Rename
	}
	if fs.SyncDir == nil {
		fs.SyncDir = syncDir
	}
	if fs.Remove == nil {
		fs.Remove = os.Remove
	}
	return fs
}

// syncDir makes the names in a directory durable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}
