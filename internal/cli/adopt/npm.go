package adopt

import (
	"context"
	"strings"

	"assay.invalid/internal/assay"
)

// NPM asks npm for its registry.
func NPM(ctx context.Context, cfg Config) Finding {
	f := Finding{Client: "npm", Source: "npm config get registry"}
	// --location=global leaves a project's .npmrc out (the user's and the
	// machine's stay); an npm too old to know it is held by the empty
	// directory's package.json.
	out, err := cfg.run(ctx, question{program: "npm", args: []string{"config", "get", "registry", "--location=global"}})
	if err != nil {
		f.Err = err
		return f
	}
	registry, err := parseNPM(out)
	if err != nil {
		f.Err = err
		return f
	}
	f.take(ctx, cfg.Self, registry)
	return f
}

// parseNPM reads the one line that npm prints. Its warnings go to the other
// stream, which is not looked at.
func parseNPM(out []byte) (string, error) {
	line := strings.TrimSpace(string(out))
	switch {
	case line == "" || line == "undefined" || line == "null":
		return "", assay.Errorf(assay.Unsound, "npm has no registry set")
	case strings.ContainsAny(line, "\r\n"):
		return "", assay.Errorf(assay.Unsound, "npm's answer is not one address")
	}
	return line, nil
}
