package assay

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/upstream"
	"assay.invalid/internal/scorecard/protocol/cargo"
	"assay.invalid/internal/scorecard/protocol/golang"
	"assay.invalid/internal/scorecard/protocol/maven"
	"assay.invalid/internal/scorecard/protocol/npm"
	"assay.invalid/internal/scorecard/protocol/pypi"
	"assay.invalid/internal/scorecard/visit"
)

// mirrors is at how many addresses each upstream answers.
const mirrors = 2

// world is what there is of one ecosystem.
type world struct {
	protocol scorecard.Protocol
	place    string // first segment of the addresses
	// index is what of an upstream's address the server is told beyond its
	// root: pip's users name an index, and so do Assay's.
	index string
	// under and elsewhere are where the publisher and the stranger publish.
	under, elsewhere string
	upstream         *upstream.Repository
	publisher        scorecard.Credential
	stranger         scorecard.Credential
}

func newWorlds(o driver.Options) map[assay.Ecosystem]*world {
	all := []*world{
		{protocol: npm.New(), place: "npm", under: "@assay-trial/*", elsewhere: "@assay-stranger/*"},
		{protocol: golang.New(golang.Config{}), place: "go", under: "trial.example/*", elsewhere: "stranger.example/*"},
		{protocol: pypi.New(), place: "pypi", index: "simple/", under: "trial-own-*", elsewhere: "trial-stranger-*"},
		{protocol: cargo.New(), place: "cargo", under: "trial-own-*", elsewhere: "trial-stranger-*"},
		{protocol: maven.New(), place: "maven", under: "example.trial/*", elsewhere: "example.stranger/*"},
	}
	wanted := map[assay.Ecosystem]*world{}
	for _, w := range all {
		if e := w.protocol.Ecosystem(); o.Wants(e) {
			wanted[e] = w
		}
	}
	return wanted
}

// Start starts an instance. Close ends it and removes all that it wrote.
func Start(ctx context.Context, m driver.Machine, o driver.Options) (scorecard.Instance, error) {
	o = o.Filled()
	if o.Binary == "" {
		return nil, assay.Errorf(assay.Invalid, "there is no assay binary to start: say where it is")
	}
	i := &instance{machine: m, options: o, worlds: newWorlds(o), known: map[string]string{}, published: map[string][]string{}}
	if len(i.worlds) == 0 {
		return nil, assay.Errorf(assay.Invalid, "Assay speaks none of the ecosystems %v: ask for %s, %s, %s, %s or %s",
			o.Ecosystems, assay.NPM, assay.PyPI, assay.Golang, assay.Cargo, assay.Maven)
	}
	if err := i.start(ctx); err != nil {
		// What was started so far goes, also when the context has ended.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.Limits.Stop)
		defer cancel()
		if closed := i.Close(closing); closed != nil {
			o.Log(closed.Error())
		}
		return nil, err
	}
	return i, nil
}

func (i *instance) start(ctx context.Context) error {
	var err error
	if i.folder, err = i.machine.Folder(); err != nil {
		return err
	}
	for _, folder := range []string{i.home(), i.advisories()} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			return assay.Wrap(assay.Unavailable, err, "the temporary folder cannot be written to")
		}
	}
	for _, w := range i.worlds {
		if w.upstream, err = upstream.Start(ctx, w.protocol, mirrors); err != nil {
			return err
		}
		if err := w.upstream.Stock(); err != nil {
			return err
		}
	}
	if i.version, err = i.ask(ctx); err != nil {
		return err
	}
	if err := i.supply(ctx); err != nil {
		return err
	}
	i.options.Log("starting Assay " + i.version)
	if err := i.serve(ctx); err != nil {
		return err
	}
	i.visitor = visit.New(visit.Config{Subject: []string{i.base}, Acting: true})
	i.Acts = i.For(i.first(), i.visitor.Record())
	if err := i.admit(ctx); err != nil {
		return err
	}
	return i.withdraw(ctx)
}

func (i *instance) home() string { return filepath.Join(i.folder, "home") }
func (i *instance) data() string { return filepath.Join(i.folder, "data") }

// advisories is the folder of advisories that the server is told to read.
func (i *instance) advisories() string { return filepath.Join(i.folder, "advisories") }

// env is the whole environment of the server. The go command is what tells it
// of a checksum database.
func (i *instance) env() []string {
	env := []string{"HOME=" + i.home(), "GOTOOLCHAIN=local", "GOFLAGS="}
	if w, ok := i.worlds[assay.Golang]; ok {
		_, key := w.upstream.ChecksumDatabase()
		return append(env, "GOPROXY="+w.upstream.Addresses()[0], "GOSUMDB="+key)
	}
	return append(env, "GOPROXY=off", "GOSUMDB=off")
}

// command runs one command of the binary and returns what it printed.
func (i *instance) command(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, i.options.Limits.Command)
	defer cancel()
	out, err := i.machine.Run(ctx, driver.Command{
		Path: i.options.Binary, Args: append(args, "--data", i.data()), Env: i.env(), Bare: true, Dir: i.home(),
	})
	return strings.TrimSpace(string(out)), err
}

// ask asks the binary for its version.
func (i *instance) ask(ctx context.Context) (string, error) {
	out, err := i.command(ctx, "version", "--json")
	if err != nil {
		return "", err
	}
	var said struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil || said.Version == "" {
		return "", assay.Errorf(assay.Invalid, "%s does not say its version: is it an assay binary?", i.options.Binary)
	}
	return scorecard.Words(said.Version), nil
}

// supply sets the upstreams before the first start, so that no public
// repository is ever asked: without them the server would adopt those of this
// machine.
func (i *instance) supply(ctx context.Context) error {
	places := map[string][]string{}
	for _, w := range newWorlds(driver.Options{}) {
		places[w.place] = []string{"--none"}
	}
	for _, w := range i.worlds {
		args := []string{"--mirror"}
		for _, address := range w.upstream.Addresses() {
			args = append(args, address+w.index)
		}
		places[w.place] = args
	}
	for place, args := range places {
		if _, err := i.command(ctx, append([]string{"upstream", "set", place}, args...)...); err != nil {
			return err
		}
	}
	return nil
}

// ports is how often another port is tried where one was taken meanwhile.
const ports = 3

func (i *instance) serve(ctx context.Context) error {
	for try := 1; ; try++ {
		address, err := driver.FreeAddress(ctx)
		if err != nil {
			return err
		}
		i.base = "http://" + address + "/"
		i.process, err = i.machine.Start(ctx, driver.Command{
			Path: i.options.Binary,
			Args: []string{"serve", "--data", i.data(), "--listen", address, "--log-public", "--log-level", "warn", "--advisories", i.advisories()},
			Env:  i.env(), Bare: true, Dir: i.home(),
		})
		if err != nil {
			return err
		}
		err = driver.Await(ctx, i.process, i.base+"readyz", i.options.Limits.Ready)
		if err == nil {
			return nil
		}
		stopped := i.process.Stop(ctx)
		taken := strings.Contains(i.process.Output(), "in use")
		if try == ports || !taken || stopped != nil {
			return err // and Close sees to what is left
		}
	}
}

// life is how long the tokens last: longer than any run, and not for ever.
const life = 24 * time.Hour

// withdraw removes a version that never was as malicious, so that the feed of
// advisories, which is empty on a server's first day, has something to show.
func (i *instance) withdraw(ctx context.Context) error {
	e := i.first()
	name := map[assay.Ecosystem]string{assay.Golang: "withdrawn.example/m", assay.Maven: "example.withdrawn/m"}[e]
	if name == "" {
		name = "assay-trial-withdrawn"
	}
	_, err := i.command(ctx, "remove", pattern(e, name)+"@"+i.worlds[e].protocol.Version("1.0.0"), "--malicious", "--yes", "--reason", "a version that a trial made up")
	return err
}

// admit claims the names and makes the tokens.
func (i *instance) admit(ctx context.Context) error {
	token := func(who string, args ...string) (scorecard.Credential, error) {
		expires := time.Now().Add(life).UTC().Format(time.RFC3339)
		out, err := i.command(ctx, append([]string{"token", "create", "--expires", expires, "--note", who + " of a trial"}, args...)...)
		if err == nil && (out == "" || strings.ContainsAny(out, " \n")) {
			err = assay.Errorf(assay.Unsound, "'assay token create' did not print a token alone")
		}
		if err != nil {
			return scorecard.Credential{}, err
		}
		i.keep(out)
		return scorecard.Credential{Who: who, Secret: out}, nil
	}
	var err error
	if i.administrator, err = token("administrator", "--admin"); err != nil {
		return err
	}
	for e, w := range i.worlds {
		for _, name := range []string{w.under, w.elsewhere} {
			if _, err := i.command(ctx, "claim", pattern(e, name)); err != nil {
				return err
			}
		}
		if w.publisher, err = token("publisher", "--publish", pattern(e, "*")); err != nil {
			return err
		}
		if w.stranger, err = token("stranger", "--publish", pattern(e, w.elsewhere)); err != nil {
			return err
		}
	}
	return nil
}

// pattern is a name or glob as Assay's patterns have it.
func pattern(e assay.Ecosystem, name string) string { return fmt.Sprintf("pkg:%s/%s", e, name) }
