package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// profiles runs each cell at 64 connections on a server of its own, which
// leaves its profiles when it is stopped (assay serve --profile-to).
func (b *bench) profiles(ctx context.Context) error {
	up, err := b.upstream(ctx, fmt.Sprintf("-versions=%d", b.versions))
	if err != nil {
		return err
	}
	for i, c := range cells() {
		if !strings.Contains(c.name, b.only) {
			continue
		}
		to := filepath.Join(b.profile, strings.NewReplacer(" ", "-", ",", "").Replace(c.name))
		if err := os.MkdirAll(to, 0o700); err != nil {
			return err
		}
		data := fmt.Sprintf("profiled-%d", i)
		if err := b.setUpstreams(ctx, data, up); err != nil {
			return err
		}
		s, err := b.assay(ctx, data, "--no-adopt", "--profile-to", to)
		if err != nil {
			return err
		}
		if _, err := warm(ctx, s.root, &c); err != nil {
			return err
		}
		r, err := b.round(ctx, s, &c, 64)
		if err != nil {
			return err
		}
		if err := s.stop(); err != nil {
			return err
		}
		fmt.Printf("%s: %.0f requests/s, %s of CPU a request; go tool pprof %s\n", c.name, r.rate, micro(r.cpu), filepath.Join(to, "cpu.pprof"))
	}
	return nil
}
