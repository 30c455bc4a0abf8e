package wire

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"assay.invalid/internal/assay"
)

func TestRequests(t *testing.T) {
	for path, want := range map[string]Request{
		"/":                                                         {Kind: Nothing},
		"/example.com/m/@v/list":                                    {Kind: List, Module: "example.com/m"},
		"/example.com/m/v2/@v/list":                                 {Kind: List, Module: "example.com/m/v2"},
		"/example.com/m/@latest":                                    {Kind: Latest, Module: "example.com/m"},
		"/example.com/m/@v/v1.0.0.info":                             {Kind: File, Module: "example.com/m", Version: "v1.0.0", Ext: Info},
		"/example.com/m/@v/v1.0.0.mod":                              {Kind: File, Module: "example.com/m", Version: "v1.0.0", Ext: Mod},
		"/github.com/!burnt!sushi/toml/@v/v1.0.0.zip":               {Kind: File, Module: "github.com/BurntSushi/toml", Version: "v1.0.0", Ext: Zip},
		"/example.com/m/@v/v1.0.0-!r!c.1.zip":                       {Kind: File, Module: "example.com/m", Version: "v1.0.0-RC.1", Ext: Zip},
		"/example.com/m/@v/v2.0.0+incompatible.mod":                 {Kind: File, Module: "example.com/m", Version: "v2.0.0+incompatible", Ext: Mod},
		"/example.com/m/@v/v2.0.0%2Bincompatible.mod":               {Kind: File, Module: "example.com/m", Version: "v2.0.0+incompatible", Ext: Mod},
		"/example.com/m/@v/v0.0.0-20191109021931-daa7c04131f5.info": {Kind: File, Module: "example.com/m", Version: "v0.0.0-20191109021931-daa7c04131f5", Ext: Info},
		"/example.com/m/@v/master.info":                             {Kind: Query, Module: "example.com/m", Version: "master", Ext: Info},
		"/example.com/m/@v/!feature.info":                           {Kind: Query, Module: "example.com/m", Version: "Feature", Ext: Info},
		"/example.com/m/@v/v1.2.info":                               {Kind: Query, Module: "example.com/m", Version: "v1.2", Ext: Info},
		"/example.com/m/@v/v2.0.0.info":                             {Kind: Query, Module: "example.com/m", Version: "v2.0.0", Ext: Info},
		"/example.com/m/@v/daa7c04131f5.info":                       {Kind: Query, Module: "example.com/m", Version: "daa7c04131f5", Ext: Info},
		"/sumdb/sum.registry.example/supported":                     {Kind: SumDB, Rest: "sum.registry.example/supported"},
		"/sumdb/sum.registry.example/lookup/github.com/!a/b@v1.0.0": {Kind: SumDB, Rest: "sum.registry.example/lookup/github.com/!a/b@v1.0.0"},
		"/cached-only/example.com/m/@v/list":                        {Kind: Cached},
		"/golang.org/toolchain/@v/v0.0.1-go1.22.0.linux-amd64.zip":  {Kind: File, Module: "golang.org/toolchain", Version: "v0.0.1-go1.22.0.linux-amd64", Ext: Zip},
	} {
		got, err := ParseRequest(path)
		if err != nil || got != want {
			t.Errorf("%s is read as %+v, %v", path, got, err)
		}
	}
}

func TestRequestsRefused(t *testing.T) {
	for what, c := range map[string]struct {
		path string
		kind assay.Kind
	}{
		"traversal":                        {"/example.com/../@v/list", assay.Invalid},
		"traversal in the version":         {"/example.com/m/@v/../../x.info", assay.Invalid},
		"encoded traversal":                {"/example.com/%2e%2e/@v/list", assay.Invalid},
		"encoded slash":                    {"/example.com%2Fm/@v/list", assay.Invalid},
		"encoded slash in the version":     {"/example.com/m/@v/..%2fv1.0.0.zip", assay.Invalid},
		"encoded backslash":                {"/example.com/m/@v/..%5cv1.0.0.zip", assay.Invalid},
		"double encoding":                  {"/example.com/%252e%252e/@v/list", assay.Invalid},
		"double encoding of a letter":      {"/example.com/m/@v/%2576.info", assay.Invalid},
		"broken encoding":                  {"/example.com/m%zz/@v/list", assay.Invalid},
		"null byte":                        {"/example.com/m/@v/v1.0.0%00.zip", assay.Invalid},
		"line break":                       {"/example.com/m/@v/v1.0.0%0d%0a.zip", assay.Invalid},
		"empty segment":                    {"/example.com//m/@v/list", assay.Invalid},
		"trailing slash":                   {"/example.com/m/@v/list/", assay.Invalid},
		"upper case where !x is due":       {"/github.com/BurntSushi/toml/@v/list", assay.Invalid},
		"upper case in the version":        {"/example.com/m/@v/v1.0.0-RC.1.zip", assay.Invalid},
		"bang before a digit":              {"/example.com/!1/@v/list", assay.Invalid},
		"bang before an upper-case letter": {"/example.com/!A/@v/list", assay.Invalid},
		"not a module path":                {"/fmt/@v/list", assay.Invalid},
		"letter of another script":         {"/example.com/%d1%96/@v/list", assay.Invalid},
		"query mark hidden in a segment":   {"/example.com/m%3Fx/@v/list", assay.Invalid},
		"shell characters in a query":      {"/example.com/m/@v/$(x).info", assay.Invalid},
		"no such extension":                {"/example.com/m/@v/v1.0.0.tar", assay.NotFound},
		"extension without a version":      {"/example.com/m/@v/.zip", assay.NotFound},
		"zip of a branch":                  {"/example.com/m/@v/master.zip", assay.NotFound},
		"mod of a short version":           {"/example.com/m/@v/v1.2.mod", assay.NotFound},
		"zip of another major version":     {"/example.com/m/@v/v2.0.0.zip", assay.NotFound},
		"zip with build metadata":          {"/example.com/m/@v/v1.0.0+x.zip", assay.NotFound},
		"too deep":                         {"/example.com/m/@v/v1.0.0.zip/x", assay.NotFound},
		"module alone":                     {"/example.com/m", assay.NotFound},
		"the list of nothing":              {"/@v/list", assay.NotFound},
		"sumdb alone":                      {"/sumdb", assay.NotFound},
		"version far too long":             {"/example.com/m/@v/v1.0.0-" + strings.Repeat("a", 300) + ".zip", assay.Invalid},
		"module path far too long":         {"/example.com/" + strings.Repeat("a/", 800) + "a/@v/list", assay.Invalid},
		"second @v":                        {"/example.com/m/@v/x/@v/list", assay.NotFound},
	} {
		got, err := ParseRequest(c.path)
		if !assay.Is(err, c.kind) {
			t.Errorf("%s: %s is read as %+v, %v; want an error of kind %v", what, c.path, got, err, c.kind)
		}
	}
}

func TestSumDBRequests(t *testing.T) {
	const name = "sum.registry.example"
	for rest, want := range map[string]SumDBRequest{
		name + "/supported":                          {Path: "supported"},
		name + "/latest":                             {Path: "latest"},
		name + "/lookup/github.com/!a/b@v1.0.0":      {Path: "lookup/github.com/!a/b@v1.0.0", Module: "github.com/A/b"},
		name + "/lookup/e.com/m@v2.0.0+incompatible": {Path: "lookup/e.com/m@v2.0.0+incompatible", Module: "e.com/m"},
		name + "/tile/8/0/x123/456":                  {Path: "tile/8/0/x123/456", Tile: true},
		name + "/tile/8/1/003.p/7":                   {Path: "tile/8/1/003.p/7", Tile: true},
		name + "/tile/8/data/000":                    {Path: "tile/8/data/000", Tile: true},
	} {
		got, err := ParseSumDB(rest, name)
		if err != nil || got != want {
			t.Errorf("%s is read as %+v, %v", rest, got, err)
		}
	}
	for rest, kind := range map[string]assay.Kind{
		"other.registry.example/supported":       assay.NotFound,
		name + ".evil.example/supported":         assay.NotFound,
		name:                                     assay.NotFound,
		name + "/":                               assay.NotFound,
		name + "/admin":                          assay.NotFound,
		name + "/latest/x":                       assay.NotFound,
		name + "/tile/8/0/1":                     assay.Invalid,
		name + "/tile/99/0/000":                  assay.Invalid,
		name + "/lookup/example.com/m":           assay.Invalid,
		name + "/lookup/example.com/m@master":    assay.Invalid,
		name + "/lookup/example.com/M@v1.0.0":    assay.Invalid,
		name + "/lookup/example.com/m@v1.0.0@v2": assay.Invalid,
		name + "/lookup/example.com/m@v1.0.0/x":  assay.Invalid,
	} {
		if got, err := ParseSumDB(rest, name); !assay.Is(err, kind) {
			t.Errorf("%s is read as %+v, %v; want an error of kind %v", rest, got, err, kind)
		}
	}
	if _, err := ParseSumDB("/supported", ""); !assay.Is(err, assay.NotFound) {
		t.Errorf("a database without a name is carried: %v", err)
	}
}

func TestPathsGoBothWays(t *testing.T) {
	path, err := FilePath("github.com/BurntSushi/toml", "v1.0.0-RC.1", Zip)
	if err != nil || path != "github.com/!burnt!sushi/toml/@v/v1.0.0-!r!c.1.zip" {
		t.Fatalf("%q, %v", path, err)
	}
	if name, err := ModuleOf(path); err != nil || name != "github.com/BurntSushi/toml" {
		t.Errorf("%q, %v", name, err)
	}
	for _, bad := range [][2]string{{"example.com/m", "v1/../x"}, {"example.com/m", ""}, {"example.com/m", "a!b"}, {"Bad Path", "v1.0.0"}} {
		if path, err := FilePath(bad[0], bad[1], Info); !assay.Is(err, assay.Invalid) {
			t.Errorf("%q has the path %q, %v", bad, path, err)
		}
	}
	if _, err := ModuleOf("example.com/m"); err == nil {
		t.Error("a path without a file has a module")
	}
}

func FuzzRequest(f *testing.F) {
	for _, s := range []string{"/", "/github.com/!burnt!sushi/toml/@v/v1.0.0.zip", "/example.com/m/@latest", "/example.com/m/@v/master.info",
		"/example.com/m/@v/%2e%2e.zip", "/sumdb/sum.registry.example/tile/8/0/000", "/cached-only/x", "/a.b/@v/list", "/example.com/m/@v/v2.0.0%2Bincompatible.mod"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r, err := ParseRequest(path)
		if err != nil {
			if k := assay.KindOf(err); k != assay.Invalid && k != assay.NotFound {
				t.Fatalf("error of kind %v", k)
			}
			return
		}
		switch r.Kind {
		case Nothing, Cached:
		case SumDB:
			if s, err := ParseSumDB(r.Rest, "sum.registry.example"); err == nil && strings.Contains(s.Path, "..") {
				t.Fatalf("%q leads elsewhere", s.Path)
			}
		case List, Latest, File, Query:
			if module.CheckPath(r.Module) != nil {
				t.Fatalf("%q is taken for a module path", r.Module)
			}
			if r.Kind == List || r.Kind == Latest {
				return
			}
			back, err := FilePath(r.Module, r.Version, r.Ext)
			if err != nil {
				t.Fatalf("%+v has no path: %v", r, err)
			}
			plain, err := url.PathUnescape(strings.TrimPrefix(path, "/"))
			if err != nil || back != plain {
				t.Fatalf("%q is asked of the upstream as %q", path, back)
			}
		default:
			t.Fatalf("a request of no kind: %+v", r)
		}
	})
}
