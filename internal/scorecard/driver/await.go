package driver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// FreeAddress is a host and port of loopback that nobody listens on now. Some
// other program may take it before it is used: whoever starts a server there
// must look whose answer comes.
func FreeAddress(ctx context.Context) (string, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", assay.Wrap(assay.Unavailable, err, "no free port was found on this machine")
	}
	address := ln.Addr().String()
	if err := ln.Close(); err != nil {
		return "", assay.Wrap(assay.Unavailable, err, "a free port was found and could not be let go")
	}
	return address, nil
}

// look is how often a server is asked whether it is ready.
const look = 25 * time.Millisecond

// Await waits until a server that was started answers 200 at the address, and
// asks no longer than within. A process that ends before is an error with
// what it said.
func Await(ctx context.Context, p Process, address string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	transport := &http.Transport{} // never a proxy: the address is of this machine
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		if answers(ctx, client, address) {
			// Another program may have taken the port, and ours have given up.
			select {
			case <-p.Ended():
			default:
				return nil
			}
		}
		select {
		case <-p.Ended():
			return assay.Errorf(assay.Unavailable, "the server ended before it was ready%s", Last(p.Output()))
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return assay.Errorf(assay.Unavailable, "the server was not ready within %s%s", within, Last(p.Output()))
			}
			return assay.Wrap(assay.Canceled, ctx.Err(), "stopped before the server was ready")
		case <-tick.C:
		}
	}
}

func answers(ctx context.Context, client *http.Client, address string) bool {
	// One request that hangs must not use up all of the time.
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	// Read, so that the connection is used again.
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	return err == nil && res.StatusCode == http.StatusOK
}

// lastLines is how much of what a program said stands in an error.
const lastLines = 4

// Last is the end of what a program said, to be put behind an error; nothing
// where it said nothing. It is made fit for a terminal: the program may be
// somebody else's.
func Last(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	lines = lines[max(0, len(lines)-lastLines):]
	said := scorecard.Words(strings.Join(lines, " / "))
	if said == "" {
		return ""
	}
	return fmt.Sprintf(": %s", said)
}
