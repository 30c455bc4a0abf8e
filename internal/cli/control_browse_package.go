package cli

import (
	"context"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store"
)

const (
	// mostEvents bounds what is told of a package's history.
	mostEvents = 100
	// downloadDays is over how many days downloads are counted, today among
	// them.
	downloadDays = 30
)

// Package implements api.Browsing: what the registry explains, and what is
// kept of it here.
func (c *control) Package(ctx context.Context, purl string) (api.PackageView, error) {
	at, err := c.house.table.Normalise(purl)
	if err != nil {
		return api.PackageView{}, err
	}
	at.File = "" // a file's page is its version's
	explanation, err := c.Explain(ctx, at.String())
	if err != nil {
		return api.PackageView{}, err
	}
	view := api.PackageView{Explanation: explanation}
	rules := c.house.rules.Current()
	view.Hosted = rules.Claimed(at.Ecosystem, at.Name)
	claimed := "" // the names of the claim
	for _, claim := range rules.Claims() {
		if claim.Covers(at.Ecosystem, at.Name) {
			view.Claimed, claimed = claim.Pattern.String(), claim.Pattern.Name
			break
		}
	}
	adapter, ok := c.house.table.Ecosystem(at.Ecosystem)
	if !ok {
		return api.PackageView{}, assay.Errorf(assay.NotFound, "there is no ecosystem %q here", at.Ecosystem)
	}
	if repo, ok := c.house.registry.Place(adapter.Place()); ok {
		if version, ok := toInstall(&explanation); ok {
			view.Install = installLines(at.At(version), repo.Base(), claimed)
		}
	}
	if view.Exceptions, err = c.exceptionsFor(ctx, at); err != nil {
		return api.PackageView{}, err
	}
	return view, c.addKept(ctx, &view, adapter)
}

// toInstall is the version to install: the one that is asked about if it is
// allowed, of a package the newest that is.
func toInstall(x *assay.Explanation) (version string, ok bool) {
	if x.Coordinate.Version == "" {
		return x.Nearest, x.Nearest != ""
	}
	return x.Coordinate.Version, !x.Decision.Denied()
}

// exceptionsFor returns those in force for a version, or for any of a package.
func (c *control) exceptionsFor(ctx context.Context, at assay.Coordinate) ([]api.Exception, error) {
	all, err := c.Exceptions(ctx)
	if err != nil {
		return nil, err
	}
	var out []api.Exception
	now, administrator := c.house.now(), assay.PrincipalOf(ctx).Admin
	for _, e := range all {
		of, err := c.house.table.Normalise(e.Version)
		if err != nil || of.Package() != at.Package() || at.Version != "" && of.Version != at.Version || !e.Until.IsZero() && !now.Before(e.Until) {
			continue
		}
		if !administrator {
			e.By = ""
		}
		out = append(out, e)
	}
	return out, nil
}

// addKept adds events, statuses and downloads, as they are at one moment.
func (c *control) addKept(ctx context.Context, view *api.PackageView, adapter ecosystem.Adapter) error {
	at, administrator := view.Coordinate, assay.PrincipalOf(ctx).Admin
	since := c.house.now().UTC().AddDate(0, 0, 1-downloadDays).Format(time.DateOnly)
	var records []store.LogRecord
	var standings []store.Standing
	var downloads map[string]int64
	err := c.house.store.View(ctx, func(tx store.Tx) (err error) {
		if records, err = tx.LogNewest(ctx, at.String(), mostEvents); err != nil {
			return err
		}
		if standings, err = tx.Standings(ctx, adapter.Place(), at.Name); err != nil {
			return err
		}
		downloads, err = tx.Downloads(ctx, at.Package().String(), since)
		return err
	})
	if err != nil {
		return err
	}
	for i := range records {
		e, err := packageEvent(&records[i])
		if err != nil {
			return err
		}
		if !administrator {
			e.By = ""
		}
		view.Events = append(view.Events, e)
	}
	of := func(version string) bool { return at.Version == "" || version == at.Version }
	for _, s := range standings {
		if of(s.Version) {
			view.Statuses = append(view.Statuses, api.VersionStatus{Version: s.Version, Status: s.Status, Reason: s.Reason})
		}
	}
	grammar := adapter.Grammar()
	slices.SortFunc(view.Statuses, func(a, b api.VersionStatus) int { return grammar.Compare(b.Version, a.Version) })
	for purl, count := range downloads {
		if v, err := assay.ParseCoordinate(purl); err == nil && of(v.Version) {
			if view.Downloads == nil {
				view.Downloads = map[string]int64{}
			}
			view.Downloads[v.Version] += count
		}
	}
	return nil
}

// packageEvent is a line of a package's history.
func packageEvent(r *store.LogRecord) (api.PackageEvent, error) {
	e := api.PackageEvent{Index: r.Index, Time: r.Time, Kind: string(r.Kind)}
	entry, err := logEntryOf(r.Index, r.Body, r.Ecosystem)
	if err != nil {
		return e, err
	}
	e.By = entry.By
	if subject, err := assay.ParseCoordinate(entry.Subject); err == nil {
		e.Version = subject.Version
	}
	var said struct {
		Reason string `json:"reason"`
	}
	if len(entry.Details) > 0 && json.Unmarshal(entry.Details, &said) == nil {
		e.Reason = said.Reason
	}
	return e, nil
}

// installLines install a version with each package manager. The address is in
// them, so that they do what they say wherever they are pasted.
func installLines(at assay.Coordinate, base, claim string) []api.InstallLine {
	if strings.HasPrefix(at.Name, "-") {
		return nil // a package manager would take the name for one of its flags
	}
	spec, registry := shellWord(at.Short()), shellWord(base)
	switch at.Ecosystem {
	case assay.NPM:
		yarn := "YARN_NPM_REGISTRY_SERVER=" + registry
		if u, err := url.Parse(base); err == nil && u.Scheme == "http" {
			yarn += " YARN_UNSAFE_HTTP_WHITELIST=" + shellWord(u.Hostname()) // Yarn's own word for it
		}
		return []api.InstallLine{
			{Client: "npm", Line: "npm install --registry " + registry + " " + spec},
			{Client: "pnpm", Line: "pnpm add --registry " + registry + " " + spec},
			{Client: "Yarn 1", Line: "yarn add --registry " + registry + " " + spec},
			{Client: "Yarn 4", Line: yarn + " yarn add " + spec},
		}
	case assay.Golang:
		line := "GOPROXY=" + registry
		// What is hosted here is in no checksum database, and is not to be
		// asked for there. Other claims are not this reader's to know.
		if set, ok := golang.SetupClaims([]string{claim}); ok && claim != "" {
			line += " " + strings.TrimPrefix(set.Line, "export ")
		}
		return []api.InstallLine{{Client: "go", Line: line + " go get " + spec}}
	case assay.PyPI:
		index, pinned := shellWord(base+"simple/"), shellWord(at.Name+"=="+at.Version)
		return []api.InstallLine{
			{Client: "pip", Line: "pip install --index-url " + index + " " + pinned},
			{Client: "uv", Line: "uv pip install --default-index " + index + " " + pinned},
		}
	case assay.Cargo:
		if claim != "" {
			return []api.InstallLine{{Client: "cargo", Line: "CARGO_REGISTRIES_ASSAY_INDEX=" + shellWord("sparse+"+base+"auth/") + " cargo add --registry assay " + spec}}
		}
		replaced := "--config " + shellWord(`source.crates-io.replace-with="assay-pull"`) + " --config " + shellWord(`source.assay-pull.registry="sparse+`+base+`"`)
		return []api.InstallLine{{Client: "cargo", Line: "cargo add " + replaced + " " + spec}}
	case assay.Maven:
		group, artifact, _ := strings.Cut(at.Name, "/")
		settings := "<settings><mirrors><mirror><id>assay</id><mirrorOf>*</mirrorOf><url>" + html.EscapeString(base) + "</url></mirror></mirrors></settings>"
		return []api.InstallLine{{Client: "mvn", Line: "echo " + shellWord(settings) + " > assay-settings.xml && mvn -s assay-settings.xml dependency:get " +
			shellWord("-Dartifact="+group+":"+artifact+":"+at.Version)}}
	}
	return nil
}

// shellWord quotes s for a POSIX shell where it has to be: names come from
// upstreams, and the line is pasted.
func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(plainInShell+"@:=,%", r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
