package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/card"
)

// maxKeyFile bounds what is read of a key, in bytes.
const maxKeyFile = 16 << 10

func (p *program) scoreKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Print the public key that your cards are signed with",
		Long: `Print the public key that your cards are signed with, for those who verify
them. The private key is a file of its own in your configuration directory; it
is made at first use.`,
		Args: exactly(),
		RunE: func(*cobra.Command, []string) error {
			key, err := p.ownKey()
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(p.out, key.Public().PEM())
			return err
		},
	}
}

// signingKey is the key in a file, or one's own where none is named.
func (p *program) signingKey(file string) (card.Key, error) {
	if file == "" {
		return p.ownKey()
	}
	return p.readKey(file)
}

func (p *program) readKey(file string) (card.Key, error) {
	p.warnOfReaders(file)
	raw, err := p.readBounded(file, maxKeyFile)
	if err != nil {
		return card.Key{}, err
	}
	key, err := card.ParseKey(raw)
	if err != nil {
		return card.Key{}, fmt.Errorf("%s: %w", file, err)
	}
	return key, nil
}

// warnOfReaders says that others on this machine can read a file that holds a
// secret.
func (p *program) warnOfReaders(file string) {
	info, err := os.Stat(file)
	if err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		fmt.Fprintf(p.err, "Others on this machine can read %s, and so use what it holds: 'chmod 600 %s' changes that.\n", clean(file), clean(file))
	}
}

// ownKeyFile is where one's own key lies.
func (p *program) ownKeyFile() (string, error) {
	dir := p.variable("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		home := p.variable("HOME")
		if !filepath.IsAbs(home) {
			return "", assay.Errorf(assay.Invalid, "there is no place for a key of your own, for HOME is not set: name a key with --key FILE")
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "assay", "score.key"), nil
}

// ownKey reads one's own key, or makes it and says so.
func (p *program) ownKey() (card.Key, error) {
	name, err := p.ownKeyFile()
	if err != nil {
		return card.Key{}, err
	}
	if _, err := os.Stat(name); err == nil {
		return p.readKey(name)
	} else if !errors.Is(err, os.ErrNotExist) {
		return card.Key{}, assay.Wrap(assay.Forbidden, err, "your key cannot be read")
	}
	key, err := card.NewKey()
	if err != nil {
		return card.Key{}, assay.Wrap(assay.Internal, err, "a key could not be made")
	}
	pem, err := key.PEM()
	if err != nil {
		return card.Key{}, assay.Wrap(assay.Internal, err, "a key could not be written down")
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return card.Key{}, assay.Wrap(assay.Forbidden, err, "%s cannot be made", filepath.Dir(name))
	}
	switch err := writeNew(name, pem, 0o600); {
	case assay.Is(err, assay.Conflict):
		return p.readKey(name) // another command made it a moment ago
	case err != nil:
		return card.Key{}, err
	}
	fmt.Fprintf(p.err, "Made a key to sign your cards with: %s\n'assay score key' prints its public half, for those who verify them.\n", clean(name))
	return key, nil
}

// publicKey reads the key that a card must be signed by; nil without a file.
func (p *program) publicKey(file string) (*card.PublicKey, error) {
	if file == "" {
		return nil, nil
	}
	raw, err := p.readBounded(file, maxKeyFile)
	if err != nil {
		return nil, err
	}
	key, err := card.ParsePublicKey(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &key, nil
}
