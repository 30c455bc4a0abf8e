package upstream

import (
	"io"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/http/httpguts"

	"assay.invalid/internal/assay"
)

// Request says what to ask an origin for. Either Path or URL is set; both
// empty means the origin's address itself.
type Request struct {
	Method string // GET (also if empty), HEAD or POST
	// Path is relative to the origin's address, in escaped form: escapes in
	// it are kept, what may not stand in a path is escaped. It cannot leave
	// the address's own path. Only requests by Path fail over to mirrors.
	Path string
	// URL is an address from a document: absolute, or a reference to the
	// origin's. Unless it lies on the
	// origin or a mirror, it must lead to a public address. Plain http from
	// the documents of an https origin is asked for by https.
	URL   string
	Query url.Values // added to Path or URL
	// Accept is the Accept header.
	Accept string
	// Header is sent to the origin and its mirrors alone. Credentials,
	// cookies and the headers of the connection in it are left out; the type
	// and encoding of Body go wherever Body goes.
	Header http.Header
	// ETag and LastModified are those of the answer we have; with one of
	// them the answer may be 304.
	ETag, LastModified string
	Body               []byte // only with POST
	// Limit is the most bytes of the body, after decompression; 0 means, and
	// nothing goes beyond, the client's MaxBody.
	Limit int64
	// AnyStatus hands over every status below 500 as it is.
	AnyStatus bool
	// Compressed asks for gzip and decompresses. It is for documents. Files
	// are asked for as they are and never decompressed, whatever encoding
	// the answer claims: some servers mark every .tgz as encoded, and the
	// digest is that of the bytes.
	Compressed bool
}

// Response is an upstream's answer.
type Response struct {
	Status int
	// Header is the final answer's, without cookies. It describes Body: after
	// decompression it has no Content-Encoding and no Content-Length.
	Header       http.Header
	ETag         string // "" if none, or longer than a validator ever is
	LastModified string
	Modified     time.Time // LastModified read; zero if there is none
	Size         int64     // of Body in bytes; -1: not known. To HEAD: what GET would have
	// Mirror is the configured address that was asked, ending in a slash;
	// "" for a URL on another host.
	Mirror string
	// Body is never nil and must be closed. It fails with an *assay.Error:
	// TooLarge beyond the limit, Unavailable when it breaks off or stalls,
	// Unsound when it does not decompress. Only a whole body ends in io.EOF.
	// Close may be called at any time, more than once and during a Read.
	Body io.ReadCloser
}

// withheld are the headers a Request cannot set: they are ours to say, belong
// to one connection, or would carry the asker's secrets to the upstream.
// Never written to.
var withheld = map[string]bool{
	"Accept": true, "Accept-Encoding": true, "Assay-Instance": true, "Authorization": true,
	"Connection": true, "Content-Length": true, "Cookie": true, "Cookie2": true, "Expect": true,
	"Host": true, "If-Match": true, "If-Modified-Since": true, "If-None-Match": true, "If-Range": true,
	"If-Unmodified-Since": true, "Keep-Alive": true, "Proxy-Authorization": true,
	"Proxy-Connection": true, "Range": true, "Te": true, "Trailer": true,
	"Transfer-Encoding": true, "Upgrade": true, "User-Agent": true,
}

// ofBody are the headers that describe a request's body.
func ofBody(name string) bool {
	return name == "Content-Type" || name == "Content-Encoding" || name == "Content-Language"
}

// check refuses what cannot be asked; errors are of kind Invalid.
func (r *Request) check() error {
	switch r.Method {
	case "":
		r.Method = http.MethodGet
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		return assay.Errorf(assay.Invalid, "an upstream is never asked with the method %q", clip(printable(r.Method), 40))
	}
	if r.Body != nil && r.Method != http.MethodPost {
		return assay.Errorf(assay.Invalid, "a %s request to an upstream has no body", r.Method)
	}
	if r.Path != "" && r.URL != "" {
		return assay.Errorf(assay.Invalid, "an upstream is asked for a path or for a URL, not for both")
	}
	for name, values := range r.Header {
		for _, value := range values {
			if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
				return assay.Errorf(assay.Invalid, "the header %q cannot be sent to an upstream", clip(printable(name), 80))
			}
		}
	}
	for _, value := range []string{r.Accept, r.ETag, r.LastModified} {
		if !httpguts.ValidHeaderFieldValue(value) {
			return assay.Errorf(assay.Invalid, "a header with control characters cannot be sent to an upstream")
		}
	}
	return nil
}

// idempotent tells whether the request may be made twice.
func (r *Request) idempotent() bool { return r.Method != http.MethodPost }

// conditional tells whether 304 is an answer to the request.
func (r *Request) conditional() bool { return r.ETag != "" || r.LastModified != "" }

// header makes the header for one hop. own is set while the request is at
// the origin or a mirror and has never left it.
func (r *Request) header(cfg *Config, own bool, authorization string) http.Header {
	h := http.Header{}
	for name, values := range r.Header {
		name = http.CanonicalHeaderKey(name)
		if withheld[name] || !own && !ofBody(name) {
			continue
		}
		h[name] = append([]string(nil), values...)
	}
	set := func(name, value string) {
		if value != "" {
			h.Set(name, value)
		}
	}
	set("User-Agent", cfg.UserAgent)
	set("Assay-Instance", cfg.InstanceID)
	set("Accept", r.Accept)
	set("If-None-Match", r.ETag)
	set("If-Modified-Since", r.LastModified)
	set("Authorization", authorization)
	// Said in so many words: without the header a server may encode as it
	// pleases (RFC 9110, section 12.5.3).
	h.Set("Accept-Encoding", "identity")
	if r.Compressed {
		h.Set("Accept-Encoding", "gzip")
	}
	return h
}

// limit is the most bytes of the answer's body.
func (r *Request) limit(cfg *Config) int64 {
	if r.Limit > 0 && r.Limit < cfg.MaxBody {
		return r.Limit
	}
	return cfg.MaxBody
}

// maxValidator is the longest ETag or date, in bytes, that is kept and sent
// back with every later request.
const maxValidator = 512

// response makes the answer around a body that is yet to be set.
func newResponse(status int, header http.Header, mirror string) *Response {
	header.Del("Set-Cookie")
	header.Del("Set-Cookie2")
	r := &Response{Status: status, Header: header, Mirror: mirror, Size: -1}
	if etag := header.Get("ETag"); len(etag) <= maxValidator {
		r.ETag = etag
	}
	if modified := header.Get("Last-Modified"); len(modified) <= maxValidator {
		r.LastModified = modified
		if t, err := http.ParseTime(modified); err == nil {
			r.Modified = t.UTC()
		}
	}
	return r
}
