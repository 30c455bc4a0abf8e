package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"assay.invalid/internal/assay"
)

// maxAnswer bounds what a client reads of an answer, in bytes. The largest
// real one explains a package with thousands of versions.
const maxAnswer = 256 << 20

// Client is a Control that asks a running server. Errors have the kinds and
// messages that the server's Control gave them; a server that cannot be
// reached is the dialler's error, or Unavailable.
type Client struct {
	http *http.Client
	base string
}

var _ Control = (*Client)(nil)

// NewClient asks the server whose interface lies below base, for example
// "http://127.0.0.1:8417". The http client must not follow redirects to
// places that the caller does not trust.
func NewClient(client *http.Client, base string) *Client {
	return &Client{http: client, base: strings.TrimSuffix(base, "/") + Prefix}
}

// NewDialClient asks over connections that dial makes. Close ends them.
func NewDialClient(dial func(ctx context.Context) (net.Conn, error)) *Client {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		// Never a proxy: the socket is on this machine, and a proxy from the
		// environment would be handed an administrator's requests.
		Proxy: nil,
		// An upload that is refused is not sent.
		ExpectContinueTimeout: 5 * time.Second,
	}
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return NewClient(client, "http://assay.invalid")
}

// NewSocketClient asks over the Unix socket at path.
func NewSocketClient(path string) *Client {
	return NewDialClient(func(ctx context.Context) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
		if err != nil {
			return nil, assay.Wrap(assay.Unavailable, err, "no server answers on %s", path)
		}
		return conn, nil
	})
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Block implements Blocking.
func (c *Client) Block(ctx context.Context, b NewBlock) (Block, error) {
	return call[Block](ctx, c, http.MethodPost, "blocks", nil, b)
}

// Unblock implements Blocking.
func (c *Client) Unblock(ctx context.Context, idOrPattern string) ([]Block, error) {
	return call[[]Block](ctx, c, http.MethodDelete, "blocks", url.Values{"which": {idOrPattern}}, nil)
}

// Blocks implements Blocking.
func (c *Client) Blocks(ctx context.Context) ([]Block, error) {
	return call[[]Block](ctx, c, http.MethodGet, "blocks", nil, nil)
}

// Except implements Excepting.
func (c *Client) Except(ctx context.Context, e NewException) (Exception, error) {
	return call[Exception](ctx, c, http.MethodPost, "exceptions", nil, e)
}

// Unexcept implements Excepting.
func (c *Client) Unexcept(ctx context.Context, idOrPURL string) ([]Exception, error) {
	return call[[]Exception](ctx, c, http.MethodDelete, "exceptions", url.Values{"which": {idOrPURL}}, nil)
}

// Exceptions implements Excepting.
func (c *Client) Exceptions(ctx context.Context) ([]Exception, error) {
	return call[[]Exception](ctx, c, http.MethodGet, "exceptions", nil, nil)
}

// Policy implements Governing.
func (c *Client) Policy(ctx context.Context) (Policy, error) {
	return call[Policy](ctx, c, http.MethodGet, "policy", nil, nil)
}

// ApplyPolicy implements Governing.
func (c *Client) ApplyPolicy(ctx context.Context, text string) (Policy, error) {
	return call[Policy](ctx, c, http.MethodPut, "policy", nil, policyText{Text: text})
}

// SetMode implements Governing.
func (c *Client) SetMode(ctx context.Context, rule string, mode assay.Mode) (Policy, error) {
	return call[Policy](ctx, c, http.MethodPut, "policy/mode", nil, ruleMode{Rule: rule, Mode: &mode})
}

// Upstreams implements Supplying.
func (c *Client) Upstreams(ctx context.Context) ([]Upstream, error) {
	return call[[]Upstream](ctx, c, http.MethodGet, "upstreams", nil, nil)
}

// SetUpstream implements Supplying.
func (c *Client) SetUpstream(ctx context.Context, place string, origins []Origin) ([]Upstream, error) {
	if origins == nil {
		origins = []Origin{}
	}
	return call[[]Upstream](ctx, c, http.MethodPut, "upstreams/"+url.PathEscape(place), nil, originList{Origins: origins})
}

// Explain implements Control.
func (c *Client) Explain(ctx context.Context, purl string) (assay.Explanation, error) {
	return call[assay.Explanation](ctx, c, http.MethodGet, "explain", url.Values{"purl": {purl}}, nil)
}

// Why implements Control.
func (c *Client) Why(ctx context.Context, id string) (assay.Explanation, error) {
	return call[assay.Explanation](ctx, c, http.MethodGet, "why/"+url.PathEscape(id), nil, nil)
}

// Status asks the server for its state.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return call[Status](ctx, c, http.MethodGet, "status", nil, nil)
}

// call asks with JSON and reads the answer.
func call[T any](ctx context.Context, c *Client, method, path string, query url.Values, body any) (T, error) {
	var none T
	address := c.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return none, assay.Wrap(assay.Invalid, err, "the request cannot be written as JSON")
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return none, assay.Wrap(assay.Invalid, err, "the server's address is not understood")
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return send[T](ctx, c, req)
}

// send sends a request and reads its answer.
func send[T any](ctx context.Context, c *Client, req *http.Request) (T, error) {
	var none T
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return none, unreached(ctx, err)
	}
	defer resp.Body.Close()
	return answered[T](ctx, resp)
}

// answered reads one answer.
func answered[T any](ctx context.Context, resp *http.Response) (T, error) {
	var answer, none T
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return none, unreached(ctx, err)
	case len(text) > maxAnswer:
		return none, assay.Errorf(assay.TooLarge, "the server's answer is larger than %d bytes", maxAnswer)
	}
	if resp.StatusCode != http.StatusOK {
		var f Failure
		if err := json.Unmarshal(text, &f); err != nil || f.Kind == "" {
			return none, assay.Errorf(assay.Unsound, "the server answered %d with something that is not Assay's: is another program on that address?", resp.StatusCode)
		}
		return none, f.Err()
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return none, assay.Wrap(assay.Unsound, err, "the server's answer is not understood: is it an Assay of another version?")
	}
	return answer, nil
}

// unreached gives a transport's error a kind. A dialler's own words win.
func unreached(ctx context.Context, err error) error {
	var said *assay.Error
	switch {
	case ctx.Err() != nil:
		return assay.Wrap(assay.Canceled, err, "stopped before the server answered")
	case errors.As(err, &said):
		return said
	}
	return assay.Wrap(assay.Unavailable, err, "the server does not answer: is `assay serve` running?")
}
