package cli

import (
	"context"
	"io"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight/content"
	"assay.invalid/internal/registry"
)

// scanner lets the registry look into files without knowing who looks.
type scanner struct{ *content.Scanner }

// Scan implements registry.Scanner.
func (s scanner) Scan(ctx context.Context, file assay.Coordinate, bytes io.ReaderAt, size int64, before *registry.Before) ([]assay.Signal, error) {
	var older *content.Before
	if before != nil {
		older = &content.Before{Version: before.Version, Content: before.Content, Size: before.Size}
	}
	return s.Scanner.Scan(ctx, file, bytes, size, older)
}
