package journal

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"assay.invalid/internal/assay"
)

// signingKey is the log's key: the signer, and the verifier key to be given
// to those who check.
type signingKey struct {
	signer   note.Signer
	verifier note.Verifier
	public   string
}

const maxKeyFile = 4 << 10

// loadKey reads the key file. The file holds a note signing key
// (PRIVATE+KEY+<origin>+...) on its first line, the verifier key on its
// second; others than its owner must not be able to read it.
func loadKey(file, origin string) (*signingKey, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, assay.Wrap(assay.NotFound, err, "the log's signing key %s is missing", file)
	}
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the log's signing key %s cannot be read", file)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the log's signing key %s cannot be read", file)
	}
	// Whoever reads the key can sign a forged log in this one's name.
	if info.Mode().Perm()&0o077 != 0 {
		return nil, assay.Errorf(assay.Invalid, "the log's signing key %s can be read by others (mode %04o): if nobody has copied it, run chmod 600 %s", file, info.Mode().Perm(), file)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the log's signing key %s cannot be read", file)
	}
	secret, rest, _ := strings.Cut(string(text), "\n")
	public, _, _ := strings.Cut(rest, "\n")
	signer, err := note.NewSigner(secret)
	if err != nil {
		// The cause could quote the key.
		return nil, assay.Errorf(assay.Invalid, "%s does not hold a signing key of a log: restore it from a backup", file)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil || verifier.KeyHash() != signer.KeyHash() || verifier.Name() != signer.Name() {
		return nil, assay.Errorf(assay.Invalid, "the second line of %s is not the verifier key that belongs to the first: restore it from a backup", file)
	}
	if signer.Name() != origin {
		return nil, assay.Errorf(assay.Invalid, "the key in %s signs the log %s, and this data directory's log is %s: it belongs to another data directory", file, signer.Name(), origin)
	}
	return &signingKey{signer, verifier, public}, nil
}

// makeKey writes a new key file, durably, and never over an existing one.
func makeKey(file, origin string) (err error) {
	secret, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return assay.Wrap(assay.Internal, err, "making a signing key for the log %s", origin)
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".log-key-*") // mode 0600
	if err != nil {
		return onDisk(err, "making the log's signing key %s", file)
	}
	defer func() {
		_ = os.Remove(temporary.Name()) // the link, if it was made, stays
	}()
	_, err = temporary.WriteString(secret + "\n" + public + "\n")
	if err == nil {
		err = temporary.Sync()
	}
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Link(temporary.Name(), file) // fails if there is one: a key is never replaced
	}
	if err == nil {
		err = syncFolder(filepath.Dir(file))
	}
	if err != nil {
		return onDisk(err, "making the log's signing key %s", file)
	}
	return nil
}

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}
