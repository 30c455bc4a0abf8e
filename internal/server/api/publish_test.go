package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

var onePublished = Published{
	Coordinate: assay.Coordinate{Ecosystem: assay.Golang, Name: "corp.example/Kettle", Version: "v1.2.3"},
	H1:         "h1:DMTTonx5m65Ic0GOoRY2c16WCbHxOOw6xxezuLaBpcU=",
	LogIndex:   41,
	Use:        []string{"go get corp.example/Kettle@v1.2.3"},
}

// PublishModule notes the asker and what it read. An error that is set is
// given after reading.
func (r *recorder) PublishModule(ctx context.Context, place, name, version string, zip io.Reader, size int64) (Published, error) {
	content, err := io.ReadAll(zip)
	if err != nil {
		return Published{}, err
	}
	return onePublished, r.note(assay.PrincipalOf(ctx).ID, place, name, version, string(content), size)
}

// asSomebody puts a principal before the handler, as the server does.
func asSomebody(h http.Handler, p assay.Principal) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(assay.WithPrincipal(r.Context(), p)))
	})
}

func TestPublishThroughTheClient(t *testing.T) {
	for _, tt := range []struct {
		name  string
		reach Reach
		who   assay.Principal
		asker string // as the Control sees it; "" is refused
	}{
		{"over the socket", FromSocket, assay.Principal{}, assay.Operator.ID},
		{"from the network, with a token", FromNetwork, assay.Principal{ID: "t1"}, "t1"},
		{"from the network, as nobody", FromNetwork, assay.Principal{}, ""},
	} {
		behind := &recorder{}
		s := httptest.NewServer(asSomebody(&Handler{Control: behind, Reach: tt.reach}, tt.who))
		got, err := NewClient(s.Client(), s.URL).PublishModule(t.Context(), "go", "corp.example/Kettle", "v1.2.3+a&b", strings.NewReader("zip bytes"), 9)
		s.Close()
		if tt.asker == "" {
			if !assay.Is(err, assay.Unauthenticated) || !strings.Contains(assay.PublicMessage(err), "assay token create") || len(behind.asked) != 0 {
				t.Errorf("%s: %v, asked %v", tt.name, err, behind.asked)
			}
			continue
		}
		if want := []any{tt.asker, "go", "corp.example/Kettle", "v1.2.3+a&b", "zip bytes", int64(9)}; err != nil || !reflect.DeepEqual(got, onePublished) || !reflect.DeepEqual(behind.asked, want) {
			t.Errorf("%s: %+v, %v, asked %v", tt.name, got, err, behind.asked)
		}
	}
}

func TestPublishRequestsAreReadStrictly(t *testing.T) {
	for _, tt := range []struct {
		name, method, path, content, body string
		length                            int64
		status                            int
	}{
		{"a good one", "PUT", "publish/go?module=a.example/b&version=v1.0.0", "application/zip", "12345", 5, 200},
		{"of the largest size", "PUT", "publish/go?module=a.example/b&version=v1.0.0", "application/zip", strings.Repeat("x", 100), 100, 200},
		{"too large", "PUT", "publish/go?module=a.example/b&version=v1.0.0", "application/zip", strings.Repeat("x", 101), 101, 413},
		{"of unsaid size", "PUT", "publish/go?module=a.example/b&version=v1.0.0", "application/zip", "12345", -1, 400},
		{"a form of a hostile page", "PUT", "publish/go?module=a.example/b&version=v1.0.0", "multipart/form-data; boundary=x", "12345", 5, 400},
		{"no type", "PUT", "publish/go?module=a.example/b&version=v1.0.0", "", "12345", 5, 400},
		{"no module", "PUT", "publish/go?version=v1.0.0", "application/zip", "12345", 5, 400},
		{"two modules", "PUT", "publish/go?module=a.example/b&module=a.example/c&version=v1.0.0", "application/zip", "12345", 5, 400},
		{"no version", "PUT", "publish/go?module=a.example/b", "application/zip", "12345", 5, 400},
		{"by POST, as forms do", "POST", "publish/go?module=a.example/b&version=v1.0.0", "application/zip", "12345", 5, 405},
		{"without a place", "PUT", "publish/?module=a.example/b&version=v1.0.0", "application/zip", "12345", 5, 404},
		{"below a place", "PUT", "publish/go/x?module=a.example/b&version=v1.0.0", "application/zip", "12345", 5, 404},
	} {
		behind := &recorder{}
		r := httptest.NewRequest(tt.method, Prefix+tt.path, strings.NewReader(tt.body))
		r.ContentLength = tt.length
		if tt.content != "" {
			r.Header.Set("Content-Type", tt.content)
		}
		w := httptest.NewRecorder()
		(&Handler{Control: behind, Reach: FromSocket, MaxUpload: 100}).ServeHTTP(w, r)
		if w.Code != tt.status || (w.Code == 200) != (len(behind.asked) > 0) {
			t.Errorf("%s: %d %s, asked %v", tt.name, w.Code, w.Body, behind.asked)
		}
	}
}

func TestAnUploadThatEndsEarly(t *testing.T) {
	for name, broken := range map[string]struct {
		err  error
		kind assay.Kind
	}{
		"the connection goes":   {errors.New("connection reset"), assay.Canceled},
		"it ends short":         {io.ErrUnexpectedEOF, assay.Canceled},
		"it goes on too long":   {&http.MaxBytesError{Limit: 5}, assay.TooLarge},
		"nothing more to come ": {io.EOF, 255},
	} {
		_, err := io.ReadAll(uploading{io.MultiReader(strings.NewReader("part"), failingReader{broken.err})})
		if broken.kind == 255 && err != nil || broken.kind != 255 && !assay.Is(err, broken.kind) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(assay.PublicMessage(err), "reset") {
			t.Errorf("%s: the private cause is told: %v", name, assay.PublicMessage(err))
		}
	}
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

// TestARefusedUploadIsNotSent: whoever may not publish learns it before the
// zip has gone over the line.
func TestARefusedUploadIsNotSent(t *testing.T) {
	s := httptest.NewServer(&Handler{Control: &recorder{}, Reach: FromNetwork})
	defer s.Close()
	transport := s.Client().Transport.(*http.Transport)
	transport.ExpectContinueTimeout = NewSocketClient("").http.Transport.(*http.Transport).ExpectContinueTimeout
	zip := &counting{}
	_, err := NewClient(s.Client(), s.URL).PublishModule(t.Context(), "go", "a.example/b", "v1.0.0", zip, 10<<20)
	if !assay.Is(err, assay.Unauthenticated) || zip.read != 0 {
		t.Errorf("%v after %d bytes were sent", err, zip.read)
	}
}

// counting is endless, and counts what is taken of it.
type counting struct{ read int }

func (c *counting) Read(p []byte) (int, error) {
	c.read += len(p)
	return len(p), nil
}
