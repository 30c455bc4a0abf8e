package cli

import (
	"context"
	"sync"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/repositories"
	"assay.invalid/internal/scorecard/triage"
	"assay.invalid/internal/scorecard/wall"
)

// servedWall is the site below /wall/. It is built once.
type servedWall struct{ site func() (wall.Site, error) }

// File implements server.Wall.
func (s servedWall) File(_ context.Context, name string) ([]byte, bool, error) {
	site, err := s.site()
	if err != nil {
		return nil, false, err
	}
	body, ok := site[name]
	return body, ok, nil
}

// serveWall is the wall that a server shows: that of a folder, which is built
// at the start, so that a mistake is told at once; or else that of the
// repositories that are part of this build, which nobody may ever ask for, and
// which is built when somebody does.
func (p *program) serveWall(ctx context.Context, dir string) (servedWall, error) {
	weights, err := triage.Default()
	if err != nil {
		return servedWall{}, err
	}
	table, err := newScoreTable()
	if err != nil {
		return servedWall{}, err
	}
	// Below /wall/ the server's own pages are one step up.
	build := wall.BuildOptions{Weights: weights, Above: "../", Checks: table.checks}
	if dir != "" {
		w, err := p.readWall(ctx, dir, time.Time{})
		if err != nil {
			return servedWall{}, err
		}
		if len(w.LeftOut) > 0 {
			return servedWall{}, assay.Errorf(assay.Invalid, "the wall cannot be shown: %s; 'assay wall build' lists all that is wrong", wallLine(w.LeftOut[0]))
		}
		site, err := wall.Build(ctx, w, build)
		return servedWall{func() (wall.Site, error) { return site, err }}, err
	}
	return servedWall{sync.OnceValues(func() (wall.Site, error) {
		// Whoever asked first may go away; others wait for the same.
		ctx := context.WithoutCancel(ctx)
		w, err := wall.Read(ctx, []wall.Source{
			{Files: repositories.Public(), Part: wall.Public}, {Files: repositories.Software(), Part: wall.Software, Prefix: "software/"},
		}, wall.Options{Catalogue: table.catalogue, Checks: table.checks, Now: p.now(), Limits: wall.SafeLimits()})
		if err != nil {
			return nil, err
		}
		return wall.Build(ctx, w, build)
	})}, nil
}
