package cli

import (
	"io"
	"log/slog"

	"assay.invalid/internal/assay"
)

// newLog makes the structured log of a server.
func newLog(w io.Writer, level, format string) (*slog.Logger, error) {
	var least slog.Level
	switch level {
	case "debug":
		least = slog.LevelDebug
	case "info":
		least = slog.LevelInfo
	case "warn":
		least = slog.LevelWarn
	case "error":
		least = slog.LevelError
	default:
		return nil, assay.Errorf(assay.Invalid, "%q is no log level: write debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: least}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, assay.Errorf(assay.Invalid, "%q is no log format: write text or json", format)
}
