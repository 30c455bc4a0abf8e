package cli

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	driveassay "assay.invalid/internal/scorecard/driver/assay"
	drivedevpi "assay.invalid/internal/scorecard/driver/devpi"
	drivektra "assay.invalid/internal/scorecard/driver/ktra"
	drivenginx "assay.invalid/internal/scorecard/driver/nginxdav"
	drivepypiserver "assay.invalid/internal/scorecard/driver/pypiserver"
	driveverdaccio "assay.invalid/internal/scorecard/driver/verdaccio"
)

// starters are the servers that --start knows.
func starters() map[string]func(context.Context, driver.Machine, driver.Options) (scorecard.Instance, error) {
	return map[string]func(context.Context, driver.Machine, driver.Options) (scorecard.Instance, error){
		"assay":      driveassay.Start,
		"devpi":      drivedevpi.Start,
		"ktra":       drivektra.Start,
		"nginx-dav":  drivenginx.Start,
		"pypiserver": drivepypiserver.Start,
		"verdaccio":  driveverdaccio.Start,
	}
}

// startable names the servers that --start knows, for people.
func startable() string {
	names := slices.Sorted(maps.Keys(starters()))
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// started checks the flags of a run that starts its own subject.
func (o *scoreOptions) started(cmd *cobra.Command, operand string) error {
	if starters()[o.start] == nil {
		return misused(cmd, "--start starts %s, and %q is none of them", startable(), clean(o.start))
	}
	if operand != "" || len(o.as) > 0 {
		return misused(cmd, "--start finds its own address and protocols: leave out the address and --as")
	}
	for _, name := range []string{"token-file", "other-token-file", "trial-name", "i-may-test"} {
		if cmd.Flags().Changed(name) {
			return misused(cmd, "--start makes its own tokens and names: leave out --%s", name)
		}
	}
	return nil
}

// endTime is how long an instance has to end.
const endTime = 20 * time.Second

// startInstance starts a throw-away server of a kind.
func (p *program) startInstance(ctx context.Context, kind string, quiet bool) (scorecard.Instance, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "where this program lies cannot be told, so it cannot be started a second time")
	}
	cache, err := p.driverCache()
	if err != nil {
		return nil, err
	}
	o := driver.Options{Binary: own, Cache: cache, Log: func(text string) {
		if !quiet {
			fmt.Fprintln(p.err, clean(text))
		}
	}}
	return starters()[kind](ctx, newMachine(p.env), o)
}

// driverCache is where peers are kept once they are installed.
func (p *program) driverCache() (string, error) {
	dir := p.variable("XDG_CACHE_HOME")
	if !filepath.IsAbs(dir) {
		home := p.variable("HOME")
		if !filepath.IsAbs(home) {
			return "", assay.Errorf(assay.Invalid, "there is no place to keep servers in, for HOME is not set")
		}
		dir = filepath.Join(home, ".cache")
	}
	return filepath.Join(dir, "assay", "peers"), nil
}

// endInstance ends what was started, also when the command was stopped.
func (p *program) endInstance(ctx context.Context, i scorecard.Instance) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	if err := i.Close(ctx); err != nil {
		fmt.Fprintf(p.err, "The server that was started did not end in order: %s\n", sentence(err))
	}
}
