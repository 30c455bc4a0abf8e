package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang"
)

// takes is a place that notes what it is given to publish.
type takes struct {
	ecosystem.Repository
	ecosystem.Publisher
	err     error
	uploads []string // "name@version file:size ..."
	asker   string
}

func (p *takes) Base() string { return "http://assay.example/go/" }

func (p *takes) ClaimPatterns() []string { return []string{"corp.example/*"} }

func (p *takes) Publish(ctx context.Context, up *ecosystem.Upload) (ecosystem.Receipt, error) {
	line := up.Name + "@" + up.Version
	for _, f := range up.Files {
		content, err := io.ReadAll(io.NewSectionReader(f.Content, 0, f.Size))
		if err != nil {
			return ecosystem.Receipt{}, err
		}
		if strings.HasSuffix(f.Name, ".zip") {
			content = []byte("zip")
		}
		line += "\n" + f.Name + " " + string(content)
	}
	p.uploads, p.asker = append(p.uploads, line), assay.PrincipalOf(ctx).ID
	return ecosystem.Receipt{Coordinate: assay.Coordinate{Ecosystem: assay.Golang, Name: up.Name, Version: up.Version}, Index: 3}, p.err
}

// reads is a place that nothing can be published in.
type reads struct{ ecosystem.Repository }

func (reads) Base() string { return "http://assay.example/go/" }

func moduleZip(t *testing.T, name, version string) []byte {
	t.Helper()
	tr := tree{t, t.TempDir()}
	tr.write("go.mod", "module "+name+"\n")
	tr.write("m.go", "package m\n")
	var b bytes.Buffer
	if err := modzip.CreateFromDir(&b, module.Version{Path: name, Version: version}, tr.dir); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func publisherOf(t *testing.T, repo ecosystem.Repository) modulePublisher {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	return modulePublisher{repo: repo, adapter: golang.New(golang.Config{}), scratch: t.TempDir(), now: func() time.Time { return at }}
}

func TestPublishAModule(t *testing.T) {
	place := &takes{}
	m := publisherOf(t, place)
	data := moduleZip(t, "corp.example/kettle", "v1.2.3")
	ctx := assay.WithPrincipal(t.Context(), assay.Operator)
	done, err := m.publish(ctx, "corp.example/kettle", "v1.2.3", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	want := "corp.example/kettle@v1.2.3\nv1.2.3.zip zip\nv1.2.3.mod module corp.example/kettle\n\nv1.2.3.info " + `{"Version":"v1.2.3","Time":"2026-11-22T10:00:00Z"}`
	if !slices.Equal(place.uploads, []string{want}) || place.asker != assay.Operator.ID {
		t.Errorf("published %q by %q", place.uploads, place.asker)
	}
	lines := []string{"# Where reading takes a token: the go command sends one over https alone (serve with --tls-cert and --tls-key, or on loopback with --allow-anonymous-hosted-reads-on-loopback)",
		"export GOPROXY=http://assay.example/go/", "export GONOSUMDB='corp.example/*'", "go get corp.example/kettle@v1.2.3"}
	if done.LogIndex != 3 || done.H1.Algorithm() != "h1" || !slices.Equal(done.Use, lines) {
		t.Errorf("%+v", done)
	}
	if left, err := os.ReadDir(m.scratch); err != nil || len(left) != 0 {
		t.Errorf("the scratch directory holds %v, %v", left, err)
	}
}

func TestUseOverTLS(t *testing.T) {
	lines := publisherOf(t, overTLS{}).use(assay.Coordinate{Ecosystem: assay.Golang, Name: "corp.example/kettle", Version: "v1.2.3"})
	want := []string{"# Where reading takes a token, in ~/.netrc: machine assay.example:8443 login token password TOKEN",
		"export GOPROXY=https://assay.example:8443/go/", "go get corp.example/kettle@v1.2.3"}
	if !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}
}

type overTLS struct{ ecosystem.Repository }

func (overTLS) Base() string { return "https://assay.example:8443/go/" }

// Every refusal keeps the upload from the registry, and leaves no file.
func TestPublishRefuses(t *testing.T) {
	data := moduleZip(t, "corp.example/kettle", "v1.2.3")
	size := int64(len(data))
	some := assay.Principal{ID: "t1"}
	early := assay.Errorf(assay.Canceled, "the upload ended early")
	for name, c := range map[string]struct {
		who           assay.Principal
		path, version string
		zip           io.Reader
		size          int64
		kind          assay.Kind
	}{
		"nobody":                     {assay.Principal{}, "corp.example/kettle", "v1.2.3", untouched{t}, size, assay.Forbidden},
		"somebody who may not":       {some, "corp.example/kettle", "v1.2.3", untouched{t}, size, assay.Forbidden},
		"a pseudo-version":           {assay.Operator, "corp.example/kettle", "v0.0.0-20191109021931-daa7c04131f5", untouched{t}, size, assay.Invalid},
		"another major version":      {assay.Operator, "corp.example/kettle", "v2.0.0", untouched{t}, size, assay.Invalid},
		"a path that leads out":      {assay.Operator, "corp.example/../kettle", "v1.2.3", untouched{t}, size, assay.Invalid},
		"the zip of another module":  {assay.Operator, "corp.example/pot", "v1.2.3", bytes.NewReader(data), size, assay.Invalid},
		"the zip of another version": {assay.Operator, "corp.example/kettle", "v1.2.4", bytes.NewReader(data), size, assay.Invalid},
		"no zip":                     {assay.Operator, "corp.example/kettle", "v1.2.3", strings.NewReader("hello"), 5, assay.Invalid},
		"nothing":                    {assay.Operator, "corp.example/kettle", "v1.2.3", strings.NewReader(""), 0, assay.Invalid},
		"shorter than said":          {assay.Operator, "corp.example/kettle", "v1.2.3", bytes.NewReader(data[:10]), size, assay.Invalid},
		"longer than said":           {assay.Operator, "corp.example/kettle", "v1.2.3", bytes.NewReader(data), size - 1, assay.Invalid},
		"a client that goes away":    {assay.Operator, "corp.example/kettle", "v1.2.3", io.MultiReader(bytes.NewReader(data[:10]), iotest.ErrReader(early)), size, assay.Canceled},
		"a disk that fails":          {assay.Operator, "corp.example/kettle", "v1.2.3", io.MultiReader(bytes.NewReader(data[:10]), iotest.ErrReader(errors.New("input/output error"))), size, assay.Internal},
	} {
		place := &takes{}
		m := publisherOf(t, place)
		_, err := m.publish(assay.WithPrincipal(t.Context(), c.who), c.path, c.version, c.zip, c.size)
		if !assay.Is(err, c.kind) || len(place.uploads) != 0 {
			t.Errorf("%s: %v; published %q", name, err, place.uploads)
		}
		if left, err := os.ReadDir(m.scratch); err != nil || len(left) != 0 {
			t.Errorf("%s: the scratch directory holds %v, %v", name, left, err)
		}
	}
	m := publisherOf(t, reads{})
	if _, err := m.publish(assay.WithPrincipal(t.Context(), assay.Operator), "corp.example/kettle", "v1.2.3", untouched{t}, size); !assay.Is(err, assay.Invalid) {
		t.Errorf("a place that takes nothing: %v", err)
	}
	place := &takes{err: assay.Errorf(assay.Conflict, "it is there already")}
	m = publisherOf(t, place)
	if done, err := m.publish(assay.WithPrincipal(t.Context(), assay.Operator), "corp.example/kettle", "v1.2.3", bytes.NewReader(data), size); err != place.err || done.H1 != "" {
		t.Errorf("the registry's refusal became %+v, %v", done, err)
	}
}

// untouched fails the test when somebody reads.
type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("the zip was read although there was nothing to look for in it")
	return 0, io.EOF
}
