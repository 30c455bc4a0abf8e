package wire

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// ConfigPath is where a registry says how it is used.
const ConfigPath = "config.json"

// Config is a registry's config.json.
type Config struct {
	DL           string `json:"dl"`
	API          string `json:"api,omitempty"`
	AuthRequired bool   `json:"auth-required,omitempty"`
}

// Encode writes the document.
func (c Config) Encode() []byte {
	text, err := json.Marshal(c)
	if err != nil { // two texts and a truth always encode
		return []byte("{}")
	}
	return append(text, '\n')
}

// maxAddress is the length of an address, in bytes, at the most.
const maxAddress = 2048

// ReadConfig reads an upstream's config.json. Errors are of kind Unsound; an
// error of r itself is Internal.
func ReadConfig(r io.ReaderAt, size int64, limits Limits) (Config, error) {
	var c Config
	bad := func(err error) (Config, error) {
		return Config{}, assay.Wrap(assay.Unsound, err, "the upstream's config.json is not sound: %s", brief(err))
	}
	if size > limits.Config {
		return bad(fmt.Errorf("it is larger than %d bytes", limits.Config))
	}
	raw := make([]byte, size)
	if n, err := r.ReadAt(raw, 0); int64(n) < size {
		return Config{}, assay.Wrap(assay.Internal, err, "the kept config.json cannot be read")
	}
	_, err := newObject().read(raw, func(key string, value jsontext.Value, _ int) (err error) {
		switch key {
		case "dl":
			c.DL, err = text(key, value)
		case "api":
			c.API, err = text(key, value)
		case "auth-required":
			c.AuthRequired = value.Kind() == 't'
		}
		return err
	})
	if err != nil {
		return bad(err)
	}
	if _, err := c.Download("a", "1.0.0", assay.NewDigest("sha256", make([]byte, 32))); err != nil {
		return bad(err)
	}
	if _, err := plainAddress(c.API); c.API != "" && err != nil {
		c.API = "" // nothing but search asks there, which works without
	}
	return c, nil
}

// markers are those of a download template.
var markers = []string{"{crate}", "{version}", "{prefix}", "{lowerprefix}", "{sha256-checksum}"}

// Download is the upstream's address of a version's file. name is as its
// publisher spells it.
func (c Config) Download(name, version string, checksum assay.Digest) (string, error) {
	template := c.DL
	plain := true
	for _, m := range markers {
		plain = plain && !strings.Contains(template, m)
	}
	if plain {
		template += "/{crate}/{version}/download"
	}
	return plainAddress(strings.NewReplacer(
		"{crate}", name, "{version}", version, "{prefix}", prefix(name), "{lowerprefix}", prefix(strings.ToLower(name)),
		"{sha256-checksum}", checksum.Value(),
	).Replace(template))
}

// Search is the upstream's address for searches, "" if it has none.
func (c Config) Search() string {
	if c.API == "" {
		return ""
	}
	return strings.TrimRight(c.API, "/") + "/api/v1/crates"
}

// plainAddress refuses what is no plain http or https address: a relative one
// would be resolved by guesswork, and credentials in it would be sent on.
func plainAddress(address string) (string, error) {
	u, err := url.Parse(address)
	switch {
	case len(address) > maxAddress:
		return "", fmt.Errorf("an address in it is longer than %d bytes", maxAddress)
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil:
		return "", fmt.Errorf("%q is no address that crates can be fetched from", clip(address, 100))
	}
	return address, nil
}
