package cli

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/auth"
	"assay.invalid/internal/server/api"
)

// reach is how a command comes to whoever answers: by default to the data
// directory of this machine, with --server over the network.
type reach struct {
	server    string
	tokenFile string
	plainHTTP bool
}

// tokenVariable holds the secret that a command shows a server. It is no
// flag: an argument stands in the list of processes, and in a history.
const tokenVariable = "ASSAY_TOKEN"

// flags adds those of every command.
func (r *reach) flags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVar(&r.server, "server", "", "ask the Assay at this `address` instead of a data directory, with the token in "+tokenVariable)
	f.StringVar(&r.tokenFile, "token-file", "", "the `file` that holds the token for --server, instead of "+tokenVariable)
	f.BoolVar(&r.plainHTTP, "insecure-plain-http", false,
		"let the token go to --server unencrypted, where whoever is on the way can read and use it")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return r.check(cmd) }
}

// check refuses flags that contradict each other, before anything is done.
func (r *reach) check(cmd *cobra.Command) error {
	set := func(name string) bool {
		f := cmd.Flags().Lookup(name)
		return f != nil && f.Changed
	}
	switch {
	case set("server") && r.server == "":
		return misused(cmd, "--server needs an address, such as https://packages.example")
	case r.server == "" && set("token-file"):
		return misused(cmd, "--token-file is for --server: over the data directory no token is needed")
	case r.server == "" && set("insecure-plain-http"):
		return misused(cmd, "--insecure-plain-http is for --server")
	case r.server != "" && set("data"):
		return misused(cmd, "--server and --data exclude each other: a command asks one Assay")
	case r.server != "" && cmd.Name() == "serve":
		return misused(cmd, "'%s' runs a server on this machine: --server is for the other commands", cmd.CommandPath())
	}
	return nil
}

// remotely runs fn with a server on the network.
func (p *program) remotely(ctx context.Context, fn func(context.Context, api.Control) error) error {
	address, err := serverAddress(p.reach.server, p.reach.plainHTTP)
	if err != nil {
		return err
	}
	secret, err := p.token()
	if err != nil {
		return err
	}
	client := api.NewClient(remoteClient(address, secret, p.reach.plainHTTP), address.String())
	defer client.Close()
	return fn(ctx, client)
}

// token returns the secret to show a server; "" for none. What is not
// written as a token is not sent: a wrong file may hold another secret.
func (p *program) token() (string, error) {
	secret, from := p.variable(tokenVariable), tokenVariable
	if p.reach.tokenFile != "" {
		var err error
		if secret, err = readToken(p.reach.tokenFile); err != nil {
			return "", err
		}
		from = p.reach.tokenFile
	}
	if secret == "" && p.reach.tokenFile == "" {
		return "", nil
	}
	if auth.CheckSecret(secret) != nil {
		return "", assay.Errorf(assay.Invalid,
			"what %s holds is not a token of Assay, or is cut short or mistyped, so it was not sent: a token begins with %s", from, auth.Prefix)
	}
	return secret, nil
}

// maxTokenFile bounds what is read of a token's file, in bytes.
const maxTokenFile = 4096

func readToken(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", assay.Wrap(assay.Invalid, err, "the token's file cannot be read")
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxTokenFile))
	if err != nil {
		return "", assay.Wrap(assay.Invalid, err, "the token's file cannot be read")
	}
	return strings.TrimSpace(string(content)), nil
}

// serverAddress reads --server. Credentials in it are refused, as is plain
// http to anywhere but this machine, unless it is accepted.
func serverAddress(raw string, plainHTTP bool) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		// The address is not repeated: somebody may have put a token in it.
		return nil, assay.Errorf(assay.Invalid, "--server takes the address of an Assay, such as https://packages.example")
	}
	switch {
	case u.User != nil:
		return nil, assay.Errorf(assay.Invalid,
			"--server takes no credentials, which would stand in the list of processes: put the token into %s or a --token-file", tokenVariable)
	case u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/":
		return nil, assay.Errorf(assay.Invalid, "--server takes scheme, host and port, and no more: Assay answers at the root of a host")
	case u.Scheme == "http" && !plainHTTP && !isLoopbackHost(u.Hostname()):
		return nil, assay.Errorf(assay.Invalid,
			"http://%s would carry the token unencrypted, and whoever is on the way could read and use it: write https, or accept that with --insecure-plain-http", u.Host)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

func isLoopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true // what it resolves to is checked when it is dialled
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// remoteClient sends the secret to one server and to no other: it follows no
// redirect, and plain http goes to this machine alone, whatever a name
// resolves to, unless that was accepted.
func remoteClient(server *url.URL, secret string, plainHTTP bool) *http.Client {
	dialer := &net.Dialer{Timeout: 15 * time.Second}
	plain := server.Scheme == "http"
	if plain && !plainHTTP {
		dialer.ControlContext = onlyLoopback
	}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil && ctx.Err() == nil {
				return nil, assay.Wrap(assay.Unavailable, err, "no server answers at %s", server)
			}
			return conn, err
		},
		TLSHandshakeTimeout:   15 * time.Second,
		ExpectContinueTimeout: 5 * time.Second,
		ForceAttemptHTTP2:     true,
	}
	if !plain {
		// Only a tunnel: a proxy would read the token of a plain request.
		transport.Proxy = http.ProxyFromEnvironment
	}
	return &http.Client{
		Transport:     &bearer{Transport: transport, host: server.Host, secret: secret},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// onlyLoopback refuses to dial anything but this machine.
func onlyLoopback(_ context.Context, _, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil || !target.Addr().Unmap().IsLoopback() {
		return assay.Errorf(assay.Invalid, "the name leads to %s, which is not this machine: write https, or accept the risk with --insecure-plain-http", address)
	}
	return nil
}

// bearer shows a secret to one host.
type bearer struct {
	*http.Transport
	host, secret string
}

// RoundTrip implements http.RoundTripper.
func (b *bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.secret == "" || r.URL.Host != b.host {
		return b.Transport.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.secret)
	return b.Transport.RoundTrip(r)
}
