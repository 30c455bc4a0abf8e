package adopt

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// goEnv is the part of the go command's settings that matters here
// (https://go.dev/ref/mod#environment-variables).
type goEnv struct {
	GOPROXY, GOSUMDB, GONOSUMDB, GOROOT string
}

// Go asks the go command for its proxies and its checksum database.
func Go(ctx context.Context, cfg Config) Finding {
	f := Finding{Client: "go", Source: "go env GOPROXY"}
	// GOTOOLCHAIN=local: a go.mod or a setting that wants another toolchain
	// must not start a download. GOWORK and GOFLAGS: neither a workspace nor
	// flags meant for builds may change or break the question.
	out, err := cfg.run(ctx, question{
		program: "go", args: []string{"env", "-json", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOROOT"},
		set: map[string]string{"GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""},
	})
	if err != nil {
		f.Err = err
		return f
	}
	var env goEnv
	if err := json.Unmarshal(out, &env); err != nil {
		f.Err = assay.Wrap(assay.Unsound, err, "'go env' did not answer with its settings")
		return f
	}
	proxies, dropped := parseGoProxy(env.GOPROXY)
	f.Dropped = append(f.Dropped, dropped...)
	for _, proxy := range proxies {
		f.take(ctx, cfg.Self, proxy)
	}
	known, err := readKnownKeys(env.GOROOT)
	if err != nil {
		known = nil // said below, if the key is needed
	}
	db, note, err := parseSumDB(env.GOSUMDB, known)
	if note != "" {
		f.Dropped = append(f.Dropped, note)
	}
	f.SumDBErr = err
	if f.SumDB = db; db != nil && env.GONOSUMDB != "" {
		f.Dropped = append(f.Dropped, fmt.Sprintf(
			"GONOSUMDB (%s) is not taken over: what is asked of Assay is looked up in the checksum database",
			ecosystem.Printable(env.GONOSUMDB)))
	}
	return f
}

// parseGoProxy splits GOPROXY into addresses. A comma lets the go command
// ask the next entry when one does not know a module, a bar lets it do so on
// any error; Assay has origins in order either way, and an outage of an
// earlier one never lets a later one answer. Like the go command, it reads
// nothing behind "direct" or "off".
func parseGoProxy(list string) (proxies, dropped []string) {
	bar := false
	for list != "" {
		entry := list
		if i := strings.IndexAny(list, ",|"); i >= 0 {
			bar = bar || list[i] == '|'
			entry, list = list[:i], list[i+1:]
		} else {
			list = ""
		}
		switch entry = strings.TrimSpace(entry); entry {
		case "":
			continue
		case "direct":
			dropped = append(dropped, `"direct" is left out: Assay does not fetch from version control`)
			list = ""
		case "off":
			dropped = append(dropped, `GOPROXY says "off": nothing is asked after it`)
			list = ""
		default:
			// The go command takes a bare host for https.
			if strings.ContainsAny(entry, ".:/") && !strings.Contains(entry, ":/") && !filepath.IsAbs(entry) {
				entry = "https://" + entry
			}
			proxies = append(proxies, entry)
		}
	}
	if bar && len(proxies) > 1 {
		dropped = append(dropped, `"|" between proxies is read as ",": an outage of one never lets the next answer for it`)
	}
	return proxies, dropped
}

// readKnownKeys reads the checksum databases' keys out of the Go
// installation.
func readKnownKeys(goroot string) (map[string]string, error) {
	if !filepath.IsAbs(goroot) {
		return nil, assay.Errorf(assay.NotFound, "the Go installation does not say where it is")
	}
	src, err := readSmall(filepath.Join(goroot, "src", "cmd", "go", "internal", "modfetch", "key.go"), 64<<10)
	if err != nil {
		return nil, assay.Wrap(assay.KindOf(err), err, "the Go installation's file with the keys cannot be read")
	}
	return parseKnownKeys(src)
}
