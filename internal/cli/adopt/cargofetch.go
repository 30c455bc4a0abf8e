package adopt

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"assay.invalid/internal/assay"
)

// The package that cargo is asked to fetch for, and what it needs. The table
// [workspace] ends the search for one further up.
const (
	askingManifest = "[package]\nname = \"asking\"\nversion = \"0.0.0\"\n\n[lib]\npath = \"lib.rs\"\n\n[dependencies]\nlibc = \"0.2\"\n\n[workspace]\n"
	// connectWait bounds how long a connection may take to say what it wants.
	connectWait = 5 * time.Second
	maxConnect  = 8 << 10 // bytes of its header
)

// cargoFetch lets cargo want something of its registry, with a proxy in
// between that is ours: it reads the host that cargo wants to be connected
// to, and connects it to nothing. Nothing of the user's Cargo directory is
// used or changed.
func (c Config) cargoFetch(ctx context.Context) (string, error) {
	dir, err := askingPackage()
	if err != nil {
		return "", assay.Wrap(assay.Unavailable, err, "no directory could be made to ask cargo in")
	}
	defer os.RemoveAll(dir)
	proxy, err := newConnectReader()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	told := make(chan string, 1)
	var wg sync.WaitGroup
	wg.Go(func() {
		if address, ok := proxy.read(); ok {
			told <- address
			cancel() // cargo has nothing more to say
		}
	})
	_, err = c.run(ctx, question{
		program: "cargo", name: "cargo fetch", args: []string{"fetch", "--quiet", "--manifest-path", filepath.Join(dir, "Cargo.toml")}, root: true,
		set: map[string]string{
			"CARGO_HOME": filepath.Join(dir, "home"), "CARGO_HTTP_PROXY": proxy.address(), "NO_PROXY": "", "no_proxy": "",
			// The older protocol goes elsewhere, and looks for it in git.
			"CARGO_REGISTRIES_CRATES_IO_PROTOCOL": "sparse",
			"CARGO_NET_OFFLINE":                   "", "CARGO_NET_RETRY": "0", "CARGO_HTTP_TIMEOUT": "5",
			// Cargo may be a shim that fetches what it is a shim of.
			"RUSTUP_AUTO_INSTALL": "0",
		},
	})
	proxy.close()
	wg.Wait()
	select {
	case address := <-told:
		return address, nil
	default:
	}
	if err == nil {
		err = assay.Errorf(assay.Unsound, "'cargo fetch' did not ask its registry for anything")
	}
	return "", err
}

// askingPackage makes the package that cargo is asked to fetch for.
func askingPackage() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "assay-adopt-"); err != nil {
		return "", err
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "Cargo.toml"), []byte(askingManifest), 0o600),
		os.WriteFile(filepath.Join(dir, "lib.rs"), nil, 0o600),
		os.Mkdir(filepath.Join(dir, "home"), 0o700),
	)
	if err != nil {
		os.RemoveAll(dir)
	}
	return dir, err
}

// connectReader is a proxy on loopback that hears where a client wants to go.
type connectReader struct {
	listener net.Listener
	// password keeps other users of this machine from answering in cargo's
	// place: they can find the port, and would choose where everybody's
	// packages come from.
	password string
}

func newConnectReader() (*connectReader, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, assay.Wrap(assay.Unavailable, err, "there is no free port on loopback to ask cargo by")
	}
	return &connectReader{listener: listener, password: rand.Text()}, nil
}

func (p *connectReader) address() string {
	return (&url.URL{Scheme: "http", User: url.UserPassword("assay", p.password), Host: p.listener.Addr().String()}).String()
}

func (p *connectReader) close() { p.listener.Close() }

// read returns the address that the first client with the password wants to
// be connected to. It ends with close.
func (p *connectReader) read() (address string, ok bool) {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return "", false
		}
		address, ok := p.hear(conn)
		conn.Close()
		if ok {
			return address, true
		}
	}
}

// hear reads one request, and refuses it whatever it is.
func (p *connectReader) hear(conn net.Conn) (string, bool) {
	if err := conn.SetDeadline(time.Now().Add(connectWait)); err != nil {
		return "", false
	}
	address, err := parseConnect(io.LimitReader(conn, maxConnect), p.password)
	// It is over for the client in any case; whether it hears so is its own
	// business.
	_, _ = fmt.Fprint(conn, "HTTP/1.1 503 This proxy leads nowhere\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	return address, err == nil
}

// parseConnect reads the request by which a client asks a proxy for a tunnel
// (RFC 9110, section 9.3.6), and returns where to as an address. Whoever does
// not know the password is not believed, and neither is a client that is not
// Cargo itself, in a version that fetches as registries are fetched from
// today.
func parseConnect(r io.Reader, password string) (string, error) {
	request, err := http.ReadRequest(bufio.NewReader(r))
	if err != nil {
		return "", assay.Wrap(assay.Unsound, err, "cargo's request to the proxy cannot be read")
	}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("assay:"+password))
	if subtle.ConstantTimeCompare([]byte(request.Header.Get("Proxy-Authorization")), []byte(want)) != 1 {
		return "", assay.Errorf(assay.Forbidden, "somebody else than cargo asked the proxy")
	}
	// For an index in git it is git's own name, or a bare "cargo" that asks
	// the host of the repository what is new.
	if agent := request.UserAgent(); !strings.HasPrefix(agent, "cargo/1.") {
		return "", assay.Errorf(assay.Unsound, "cargo fetches its index from git")
	}
	host, port, err := net.SplitHostPort(request.Host)
	if request.Method != http.MethodConnect || err != nil || !isHost(strings.ToLower(host)) {
		return "", assay.Errorf(assay.Unsound, "cargo's request to the proxy does not say where to")
	}
	if port == "443" {
		return "https://" + strings.ToLower(host) + "/", nil
	}
	return "https://" + net.JoinHostPort(strings.ToLower(host), port) + "/", nil
}
