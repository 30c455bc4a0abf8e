package admission

import (
	"context"

	"assay.invalid/internal/archive"
)

// archiveStep reads every archive to its end: the main file as the ecosystem
// reads it, the others as plain archives. Bombs, traversal, links that lead
// out and entries that stand twice end here; see package archive.
type archiveStep struct{ limits Limits }

func (archiveStep) Name() string { return "archive" }

func (s archiveStep) Check(ctx context.Context, c *Candidate) error {
	for i := range c.Files {
		f := &c.Files[i]
		if i == 0 && c.Inspect != nil {
			report, err := c.Inspect(ctx)
			if err != nil {
				return err
			}
			c.report = &report
			continue
		}
		if f.Walk == nil {
			continue
		}
		if err := f.Walk(ctx, f.Content, f.Size, s.limits.Archive, func(*archive.Entry) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}
