package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/cli/adopt"
	"assay.invalid/internal/cli/datadir"
	"assay.invalid/internal/ecosystem/golang"
	"assay.invalid/internal/insight"
	"assay.invalid/internal/journal"
	"assay.invalid/internal/server"
	"assay.invalid/internal/store"
)

// serveOptions are the flags of serve.
type serveOptions struct {
	listen, public      string
	anonymous           bool
	anonymousHosted     bool
	policy              string
	cache               byteSize
	logLevel, logFormat string
	tlsCert, tlsKey     string
	http2, noAdopt      bool
	logPublic           bool
	logWitnesses        []string
	profileTo           string
	card, assessment    string
	wall                string
	contact             string
	advisories          []string
	dataGiven           bool // --data was written, so hints must repeat it
}

func (p *program) serveCommand() *cobra.Command {
	o := serveOptions{cache: 20e9}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve packages, and decide on each",
		Long: `Serve packages, and decide on each. With no flags it listens on this machine
alone, pulls from the upstreams that this machine's package managers use, and
keeps everything in ./assay-data.

It runs until it is interrupted (Ctrl-C, SIGTERM) and then finishes what is
under way; a second interrupt ends it at once.`,
		Example: `  assay serve
  assay serve --data /var/lib/assay --policy policy.yaml
  assay serve --listen 0.0.0.0:8417 --public-url https://packages.example`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.dataGiven = cmd.Flags().Changed("data")
			return p.serve(cmd.Context(), cmd, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", server.DefaultListen, "`address` and port to listen on")
	f.StringVar(&o.public, "public-url", "", "`address` that clients use, if it is not the listen address: https://packages.example")
	f.BoolVar(&o.anonymousHosted, "allow-anonymous-hosted-reads-on-loopback", false,
		"let every user and program of this machine read the hosted packages without a token; the go command needs this over plain http, where it never sends one")
	f.BoolVar(&o.anonymous, "allow-anonymous-network-reads", false,
		"let anyone who can reach the listen address read every package served here, without saying who they are")
	f.StringVar(&o.policy, "policy", "", "policy `file` to put in force, if it is not already")
	f.Var(&o.cache, "cache-size", "bytes of pulled-through files kept; the least recently used go first")
	f.StringVar(&o.logLevel, "log-level", "info", "the least `level` that is logged: debug, info, warn or error")
	f.StringVar(&o.logFormat, "log-format", "text", "`form` of the log: text or json")
	f.StringVar(&o.tlsCert, "tls-cert", "", "certificate `file` (PEM) to serve TLS with")
	f.StringVar(&o.tlsKey, "tls-key", "", "its key `file` (PEM)")
	f.StringArrayVar(&o.advisories, "advisories", nil, "read advisories in the OSV format from `SOURCE`, a file, a directory or an address, beside those that 'assay advisories add' has added; may be repeated")
	f.BoolVar(&o.http2, "http2", false, "offer HTTP/2, in which some package managers cannot show why they are refused")
	f.BoolVar(&o.logPublic, "log-public", false,
		"let anyone who can reach the listen address read when, and in which ecosystem, each event happened and of what kind it was, private packages included; names are never in it")
	f.StringArrayVar(&o.logWitnesses, "log-witness", nil, "a `witness` of the log, which cosigns that it only grows: its address, a blank, and its verifier key; may be repeated")
	f.StringVar(&o.card, "card", "", "a `file` with a signed scorecard of this place, to be shown at /scorecard")
	f.StringVar(&o.assessment, "assessment", "", "a `file` in which this place says of itself what it does, to be served at /scorecard/assessment.yaml")
	f.StringVar(&o.wall, "wall", "", "a `folder` of assessments and cards (see 'assay wall build') to be shown at /wall to everybody, in place of those of this build")
	f.StringVar(&o.contact, "security-contact", "", "the `address` (mailto:, https: or tel:) for reports of vulnerabilities, to be named in /.well-known/security.txt")
	f.StringVar(&o.profileTo, "profile-to", "", "a `directory` that exists: leave profiles of processor time and allocations in it when the server stops")
	f.BoolVar(&o.noAdopt, "no-adopt", false, "do not ask the package managers for their upstreams; use what is set or kept")
	return cmd
}

// serve runs a server until ctx ends.
func (p *program) serve(ctx context.Context, cmd *cobra.Command, o serveOptions) (err error) {
	log, err := newLog(p.err, o.logLevel, o.logFormat)
	if err != nil {
		return misused(cmd, "%s", assay.PublicMessage(err))
	}
	witnesses, err := readWitnesses(cmd, o.logWitnesses)
	if err != nil {
		return err
	}
	if o.profileTo != "" {
		stop, failed := startProfiles(o.profileTo)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	own, err := p.readScorecard(ctx, o.card, o.assessment, p.now())
	if err != nil {
		return err
	}
	site, err := p.serveWall(ctx, o.wall)
	if err != nil {
		return err
	}
	policyText := ""
	if o.policy != "" {
		// Read and checked before anything is opened: a mistake in it stops
		// the start and changes nothing.
		var name string
		if policyText, name, err = p.readPolicy(o.policy); err != nil {
			return err
		}
		if _, err := checkPolicy(policyText, name); err != nil {
			return err
		}
	}
	dir, _, err := datadir.Make(p.data)
	if err != nil {
		return err
	}
	lock, err := dir.Lock(ctx, datadir.Serve, patience)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	// Before the upstreams are asked for: our own address must be known then,
	// and a port in use is said at once.
	ln, err := server.Listen(ctx, o.listen)
	if err != nil {
		return err
	}
	defer ln.Close()
	base, err := server.BaseURL(o.public, ln.Addr(), o.tlsCert != "")
	if err != nil {
		return err
	}
	h, err := openHouse(ctx, dir, log, p.now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	run := &serving{program: p, options: o, house: h, base: base, lock: lock, witnesses: witnesses, own: own, wall: site}
	if err := run.prepare(ctx, ln.Addr(), policyText); err != nil {
		return err
	}
	return run.untilDone(ctx, ln)
}

// readWitnesses reads --log-witness: an address, a blank, and a key.
func readWitnesses(cmd *cobra.Command, written []string) ([]journal.Witness, error) {
	var witnesses []journal.Witness
	for _, w := range written {
		fields := strings.Fields(w)
		if len(fields) != 2 {
			return nil, misused(cmd, "--log-witness takes an address and a verifier key in one word: --log-witness 'https://witness.example/ KEY'")
		}
		witnesses = append(witnesses, journal.Witness{Address: fields[0], Key: fields[1]})
	}
	return witnesses, nil
}

// serving is one run of a server.
type serving struct {
	*program
	options   serveOptions
	house     *house
	lock      *datadir.Lock
	base      string // ends in a slash
	supplies  []supply
	sumdb     *golang.SumDB
	witnesses []journal.Witness
	own       *ownScorecard
	wall      servedWall
}

// prepare puts the policy in force, finds the upstreams and builds the rest.
func (r *serving) prepare(ctx context.Context, listen net.Addr, policyText string) error {
	h := r.house
	if err := h.openLog(ctx, r.witnesses); err != nil {
		return err
	}
	if policyText != "" {
		// A policy equal to the one in force changes nothing (rulebook).
		if _, err := h.rules.ApplyPolicy(ctx, assay.Operator, policyText); err != nil {
			return err
		}
	}
	given, err := givenSources(r.options.advisories)
	if err != nil {
		return err
	}
	if err := h.openInsight(ctx, given); err != nil {
		return err
	}
	loaded := h.insight.Start() // while the package managers are asked
	address, err := netip.ParseAddrPort(listen.String())
	if err != nil {
		return assay.Wrap(assay.Internal, err, "the listen address %s cannot be read", listen)
	}
	if h.self, err = selfOf(address, r.base); err != nil {
		return err
	}
	askers := adopt.Askers()
	if r.options.noAdopt {
		askers = nil
	}
	err = r.waiting(ctx, "Asking the package managers for their upstreams", func(ctx context.Context) error {
		var err error
		r.supplies, r.sumdb, err = h.adopt(ctx, r.env, askers)
		return err
	})
	if err != nil {
		return err
	}
	// Explanations made while no server runs link to where one was.
	if h.kept.base != r.base {
		err := h.store.Update(ctx, func(tx store.Tx) error { return tx.PutSetting(ctx, settingBase, []byte(r.base)) })
		if err != nil {
			return err
		}
	}
	if err := h.furnish(ctx, furniture{base: r.base, sumdb: r.sumdb, cache: int64(r.options.cache)}); err != nil {
		return err
	}
	return r.waiting(ctx, "Reading advisories", func(ctx context.Context) error { return h.informed(ctx, loaded) })
}

// untilDone serves the network and the socket until ctx ends or one fails.
func (r *serving) untilDone(ctx context.Context, ln net.Listener) error {
	h, o := r.house, r.options
	places := map[string]http.Handler{}
	for _, a := range h.table.Adapters() {
		repo, ok := h.registry.Place(a.Place())
		if !ok {
			return assay.Errorf(assay.Internal, "the registry does not serve the place %s", a.Place())
		}
		places[a.Place()] = a.Handler(repo)
	}
	numbers, err := newMetrics(h)
	if err != nil {
		return err
	}
	control := &control{house: h}
	netCtx, stop := context.WithCancel(ctx)
	defer stop()
	srv, err := server.New(server.Config{
		PublicURL: o.public, Places: places, Control: control, Auth: h.tokens, Home: &homePage{house: h, base: r.base},
		AnonymousNetworkReads: o.anonymous, AnonymousHostedReads: o.anonymousHosted, TLSCert: o.tlsCert, TLSKey: o.tlsKey, HTTP2: o.http2,
		InstanceID: h.kept.instance, Log: h.log, Ready: h.ready, Registerer: numbers, Gatherer: numbers,
		Scorecard: r.own, Wall: r.wall, SecurityContact: o.contact, Version: readBuild().Version,
		Journal: journal.Handler(journal.Pages{
			Sequencer: h.sequencer, Files: h.logFiles, Public: o.logPublic, Stopping: netCtx.Done(), Log: h.log,
		}),
	})
	if err != nil {
		return err
	}
	socket, err := r.lock.Listen()
	if err != nil {
		return err
	}
	r.welcome(control)

	// The socket outlives the network: while downloads under way are
	// finished, a block must still be able to cut them.
	socketCtx, closeSocket := context.WithCancel(context.WithoutCancel(ctx))
	defer closeSocket()
	var (
		wg       sync.WaitGroup
		onSocket error
	)
	wg.Go(func() {
		onSocket = srv.ServeSocket(socketCtx, socket)
		stop() // without its socket a server cannot be told anything
	})
	wg.Go(func() { r.dropOurselves(netCtx) })
	wg.Go(func() {
		select {
		case <-h.logEnded:
			stop() // what is published from here on could not be proven; Close says why
		case <-netCtx.Done():
		}
	})
	onNetwork := srv.Serve(netCtx, ln)
	stop()
	closeSocket()
	wg.Wait()
	h.log.Info("stopped")
	return errors.Join(onNetwork, onSocket)
}

// welcome tells the person at the terminal what runs and how to use it.
func (r *serving) welcome(c *control) {
	var b strings.Builder
	h := r.house
	fmt.Fprintf(&b, "Assay serves packages at %s\n", r.base)
	b.WriteString("\nUpstreams\n")
	var rows [][]string
	for _, s := range r.supplies {
		rows = append(rows, r.supplyRows(s)...)
		if s.place == goPlace && r.sumdb != nil {
			rows = append(rows, []string{"  ", "modules are checked against the checksum database " + r.sumdb.Name})
		}
	}
	_ = columns(&b, rows) // a strings.Builder takes everything
	if !h.self.Listen.Addr().IsLoopback() {
		b.WriteString("\nReaders\n")
		if r.options.anonymous {
			b.WriteString("  Anyone who can reach this address reads every package served here, without saying who they are.\n")
		} else {
			b.WriteString("  Whoever has a token reads packages here ('assay token create' makes one). To let anyone who can reach\n" +
				"  this address do so, without saying who they are, start it with --allow-anonymous-network-reads.\n")
		}
		if strings.HasPrefix(r.base, "http://") {
			b.WriteString("  Clients send their tokens here unencrypted, and whoever is on the way can use them: serve TLS with\n" +
				"  --tls-cert, or set --public-url to the https address of a proxy that does.\n")
		}
	}
	if rule, ok := c.cooldown(); ok {
		b.WriteString("\nCooldown\n")
		if rule.Mode == assay.Observe {
			fmt.Fprintf(&b, "  Observed only, so nothing is held back. Enforced, it %s:\n    %s\n", clean(rule.Summary), r.hint("policy enforce cooldown"))
		} else {
			fmt.Fprintf(&b, "  It %s. To record what it says and refuse nothing:\n    %s\n", clean(rule.Summary), r.hint("policy observe cooldown"))
		}
	}
	b.WriteString("\nAdvisories\n")
	r.welcomeAdvisories(&b)
	b.WriteString("\nUse it\n")
	rows = nil
	for _, a := range h.table.Adapters() {
		repo, _ := h.registry.Place(a.Place())
		for _, line := range setupLines(a, repo, r.base+a.Place()+"/") {
			rows = append(rows, []string{"  " + line.Client, line.Line})
		}
	}
	_ = columns(&b, rows)
	fmt.Fprintf(&b, "\nData lies in %s. Ctrl-C stops.\n", h.dir.Path())
	// Nobody may read the output; the server runs all the same.
	_, _ = io.WriteString(r.out, b.String())
}

// welcomeAdvisories says what is known of versions beyond upstreams' documents.
func (r *serving) welcomeAdvisories(b *strings.Builder) {
	var rows [][]string
	for _, s := range r.house.insight.Sources(insight.Advisories) {
		if s.Always {
			continue
		}
		how := plural(s.Records, "record")
		if s.Read.IsZero() {
			how = "not read yet"
		}
		if len(s.Problems) > 0 {
			how += "; " + s.Problems[0]
		}
		rows = append(rows, []string{"  " + s.Name, s.From + ", " + how})
	}
	if len(rows) == 0 {
		rows = append(rows, []string{"  None are read, so vulnerable and malicious versions are not known: " + r.hint("advisories add NAME SOURCE")})
	}
	_ = columns(b, rows) // a strings.Builder takes everything
}

// supplyRows is a place's upstream: a row for each origin, then one for each
// thing that was left out.
func (r *serving) supplyRows(s supply) [][]string {
	var rows [][]string
	if len(s.origins) == 0 {
		how := "no upstream"
		if s.how != "" {
			how += " (" + s.how + ")"
		}
		rows = append(rows, []string{"", how + ": " + r.hint("upstream set "+s.place+" ADDRESS")})
	}
	for i, o := range s.origins {
		how := s.how
		if i > 0 {
			how = "asked for what the ones before do not have"
		}
		if len(o.Mirrors) > 0 {
			how += ", with " + plural(len(o.Mirrors), "mirror")
		}
		rows = append(rows, []string{"", o.Address + ", " + how})
	}
	for _, note := range s.notes {
		rows = append(rows, []string{"", "- " + note})
	}
	rows[0][0] = s.place
	for _, row := range rows {
		row[0] = "  " + row[0]
	}
	return rows
}

// hint is a command to type, for this data directory.
func (r *serving) hint(command string) string {
	if !r.options.dataGiven {
		return "assay " + command
	}
	path := r.house.dir.Path()
	if strings.ContainsFunc(path, func(c rune) bool { return !strings.ContainsRune(plainInShell, c) }) {
		path = "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return "assay " + command + " --data " + path
}

// plainInShell are characters that a shell leaves alone.
const plainInShell = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+"

// probeTime bounds the question whether an upstream is ourselves.
const probeTime = 10 * time.Second

// dropOurselves asks each newly adopted upstream once, now that we answer. An
// address that leads back here by a way that cannot be seen from it (a proxy
// in front, another name) is recognised by the instance id and dropped.
func (r *serving) dropOurselves(ctx context.Context) {
	for _, s := range r.supplies {
		if !s.changed {
			continue
		}
		var others []store.Origin
		for _, o := range s.origins {
			if !r.isOurselves(ctx, o) {
				others = append(others, o)
				continue
			}
			r.house.log.Error("an adopted upstream is this Assay itself and was dropped", "place", s.place, "address", o.Address,
				"remedy", r.hint("upstream set "+s.place+" ADDRESS"))
		}
		if len(others) == len(s.origins) {
			continue
		}
		err := r.house.store.Update(ctx, func(tx store.Tx) error {
			return putOrigins(ctx, tx, s.place, others, false, r.now())
		})
		if err == nil {
			err = r.house.registry.ReloadOrigins(ctx)
		}
		if err != nil && ctx.Err() == nil {
			r.house.log.Error("the upstream could not be dropped", "place", s.place, "error", err)
		}
	}
}
