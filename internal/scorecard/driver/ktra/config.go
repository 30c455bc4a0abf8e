package ktra

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"unicode"

	"assay.invalid/internal/assay"
)

// Where things lie in the folder of one start.
const (
	repository = "index.git" // the repository of the index
	files      = "files"     // what is served below dl/
	index      = "index"     // the index' working copy in it
	branch     = "main"
)

// configure writes the configuration. Paths stand in TOML's literal strings,
// in which nothing has a meaning but their end.
func configure(address, folder string) (string, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().Is4() {
		return "", assay.Errorf(assay.Internal, "%s is no address and port", address)
	}
	if strings.ContainsFunc(folder, func(r rune) bool { return r == '\'' || unicode.IsControl(r) }) {
		return "", assay.Errorf(assay.Invalid, "Ktra cannot be told of the temporary folder %q: set TMPDIR to one without quotes", folder)
	}
	in := func(parts ...string) string { return filepath.Join(append([]string{folder}, parts...)...) }
	ip := at.Addr().As4()
	return fmt.Sprintf(`[crate_files_config]
dl_dir_path = '%s'
cache_dir_path = '%s'

[db_config]
db_dir_path = '%s'

[index_config]
remote_url = 'file://%s'
local_path = '%s'
branch = '%s'
name = 'trial'
email = 'trial@mail.example'

[server_config]
address = [%d, %d, %d, %d]
port = %d
`, in(files), in("cache"), in("db"), in(repository), in(files, index), branch, ip[0], ip[1], ip[2], ip[3], at.Port()), nil
}

// indexConfig is the config.json of an index: where its files and calls are.
func indexConfig(root string) ([]byte, error) {
	text, err := json.Marshal(map[string]string{"dl": root + "dl", "api": strings.TrimSuffix(root, "/")})
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the config.json of the index cannot be written")
	}
	return text, nil
}
