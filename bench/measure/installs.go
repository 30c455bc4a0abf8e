package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tree is a project with about 300 packages, of the sort that people have.
const tree = `{
	"private": true,
	"dependencies": {"express": "4", "winston": "3"},
	"devDependencies": {"eslint": "8", "webpack": "5", "webpack-cli": "5", "mocha": "10"}
}
`

// installs measures npm install: without Assay, through one that has nothing
// yet, and through one that has everything. npm's own cache is empty each
// time; the upstream is the one that npm is set up with on this machine.
func (b *bench) installs(ctx context.Context, out io.Writer) error {
	direct, err := exec.CommandContext(ctx, "npm", "config", "get", "registry").Output()
	if err != nil {
		return fmt.Errorf("asking npm for its registry: %w", err)
	}
	registry := string(bytes.TrimSpace(direct))
	took := map[string][]time.Duration{}
	packages := 0
	install := func(name, registry string) error {
		d, n, err := b.install(ctx, registry)
		took[name], packages = append(took[name], d), n
		return err
	}
	for i := range b.rounds {
		if err := install("direct", registry); err != nil {
			return err
		}
		s, err := b.assay(ctx, fmt.Sprintf("install-%d", i))
		if err != nil {
			return err
		}
		for _, name := range []string{"cold", "warm"} {
			if err := install(name, s.root+"npm/"); err != nil {
				return err
			}
		}
		if err := s.stop(); err != nil {
			return err
		}
	}
	heading(out, "npm install through Assay", b.written)
	fmt.Fprintf(out, "- a tree of %d packages, npm %s; npm's own cache empty each time; the middle one of %d runs\n", packages, line("npm", "--version"), b.rounds)
	fmt.Fprint(out, "- the upstream is the one that npm is set up with on this machine, over its network\n\n| what | time | of direct |\n|---|---|---|\n")
	middle := func(name string) float64 {
		slices.Sort(took[name])
		return took[name][len(took[name])/2].Seconds()
	}
	for _, row := range []struct{ name, what string }{
		{"direct", "without Assay"}, {"cold", "through an Assay that has nothing yet"}, {"warm", "through an Assay that has everything"},
	} {
		fmt.Fprintf(out, "| %s | %.1f s | %.2f |\n", row.what, middle(row.name), middle(row.name)/middle("direct"))
	}
	return nil
}

// install runs npm once in a directory of its own and counts what it brought.
func (b *bench) install(ctx context.Context, registry string) (took time.Duration, packages int, err error) {
	at, err := os.MkdirTemp(b.work, "tree-")
	if err != nil {
		return 0, 0, err
	}
	if err := os.WriteFile(filepath.Join(at, "package.json"), []byte(tree), 0o644); err != nil {
		return 0, 0, err
	}
	cmd := exec.CommandContext(ctx, "npm", "install", "--no-fund", "--no-audit", "--ignore-scripts", "--loglevel=error")
	cmd.Dir = at
	cmd.Env = append(os.Environ(), "npm_config_cache="+filepath.Join(at, "cache"), "npm_config_registry="+registry, "npm_config_update_notifier=false")
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("npm install: %w\n%s", err, out)
	}
	took = time.Since(began)
	lock, err := os.ReadFile(filepath.Join(at, "package-lock.json"))
	if err != nil {
		return 0, 0, err
	}
	return took, strings.Count(string(lock), `"integrity": `), os.RemoveAll(at)
}
