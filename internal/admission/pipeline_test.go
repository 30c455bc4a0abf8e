package admission

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

// grammar is a toy: names are in lower case, versions are a number and
// perhaps a build behind a plus, which has no part in the order.
type grammar struct{}

func (grammar) Name(raw string) (string, error) {
	if raw == "" {
		return "", assay.Errorf(assay.Invalid, "the name is empty")
	}
	return strings.ToLower(raw), nil
}

func (grammar) Version(raw string) (string, error) {
	raw = strings.TrimPrefix(raw, "v")
	if raw == "" || raw[0] < '0' || raw[0] > '9' {
		return "", assay.Errorf(assay.Invalid, "%q is no version", raw)
	}
	return raw, nil
}

func (grammar) Compare(a, b string) int {
	a, _, _ = strings.Cut(a, "+")
	b, _, _ = strings.Cut(b, "+")
	return strings.Compare(a, b)
}

func (grammar) Prerelease(string) bool            { return false }
func (grammar) Range(string) (assay.Range, error) { return nil, errors.New("not used here") }
func admissible(string, string) error             { return nil }
func content(text string) File                    { return fileOf("x.tgz", []byte(text)) }
func fileOf(name string, content []byte) File {
	return File{Name: name, Content: bytes.NewReader(content), Size: int64(len(content))}
}
func reporting(r Report) func(context.Context) (Report, error) {
	return func(context.Context) (Report, error) { return r, nil }
}

// candidate is one that every step admits.
func candidate() *Candidate {
	return &Candidate{
		Coordinate: assay.Coordinate{Ecosystem: assay.NPM, Name: "widgets", Version: "3"},
		Grammar:    grammar{},
		Admissible: admissible,
		Existing:   []string{"1", "2"},
		Manifest:   []byte(`{}`),
		Files:      []File{content("bytes")},
		Inspect:    reporting(Report{Name: "widgets", Version: "3"}),
	}
}

// refused wants a step's refusal of a kind, with words in it.
func refused(t *testing.T, what string, s Step, c *Candidate, kind assay.Kind, words string) {
	t.Helper()
	err := New(s).Check(t.Context(), c)
	want := "admission refused " + c.Coordinate.Short() + " at step " + s.Name() + ": "
	if !assay.Is(err, kind) || !strings.HasPrefix(assay.PublicMessage(err), want) || !strings.Contains(assay.PublicMessage(err), words) {
		t.Errorf("%s: %v (%v), want kind %v, %q and %q", what, err, assay.KindOf(err), kind, want, words)
	}
}

func admitted(t *testing.T, what string, s Step, c *Candidate) {
	t.Helper()
	if err := New(s).Check(t.Context(), c); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func TestStandardAdmitsAndTellsItsSteps(t *testing.T) {
	p := Standard(Limits{})
	if got := strings.Join(p.Steps(), " "); got != "name version limits digests archive manifest" {
		t.Errorf("steps %s", got)
	}
	c := candidate()
	if err := p.Check(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if r, ok := c.Report(); !ok || r.Version != "3" {
		t.Errorf("report %+v, %v", r, ok)
	}
	if len(c.Files[0].Computed) != 3 {
		t.Errorf("computed %v", c.Files[0].Computed)
	}
}

type fakeStep struct {
	name string
	err  error
	ran  *[]string
}

func (s fakeStep) Name() string { return s.name }

func (s fakeStep) Check(context.Context, *Candidate) error {
	*s.ran = append(*s.ran, s.name)
	return s.err
}

func TestTheFirstRefusalEndsThePipeline(t *testing.T) {
	cause := errors.New("private")
	for what, c := range map[string]struct {
		err  error
		kind assay.Kind
		says string
	}{
		"invalid":                    {assay.Errorf(assay.Invalid, "bad"), assay.Invalid, "admission refused widgets@3 at step second: bad"},
		"too large":                  {assay.Errorf(assay.TooLarge, "big"), assay.TooLarge, "admission refused widgets@3 at step second: big"},
		"conflict":                   {assay.Errorf(assay.Conflict, "there"), assay.Conflict, "admission refused widgets@3 at step second: there"},
		"another kind is invalid":    {assay.Errorf(assay.Unsound, "odd"), assay.Invalid, "admission refused widgets@3 at step second: odd"},
		"a cause stays private":      {assay.Wrap(assay.Invalid, cause, "bad"), assay.Invalid, "admission refused widgets@3 at step second: bad"},
		"a fault of ours is one":     {errors.New("disk"), assay.Internal, "Assay failed to answer; its log says why"},
		"an unreachable one is that": {assay.Errorf(assay.Unavailable, "away"), assay.Unavailable, "away"},
	} {
		t.Run(what, func(t *testing.T) {
			var ran []string
			p := New(fakeStep{"first", nil, &ran}, fakeStep{"second", c.err, &ran}, fakeStep{"third", nil, &ran})
			err := p.Check(t.Context(), candidate())
			if !assay.Is(err, c.kind) || assay.PublicMessage(err) != c.says || !slices.Equal(ran, []string{"first", "second"}) {
				t.Errorf("%v %q after %v", assay.KindOf(err), assay.PublicMessage(err), ran)
			}
		})
	}
	if err := New(fakeStep{"x", assay.Wrap(assay.Invalid, cause, "bad"), new([]string)}).Check(t.Context(), candidate()); !errors.Is(err, cause) {
		t.Error("the cause is lost to the log")
	}
}

func TestNobodyWaits(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Standard(Limits{}).Check(ctx, candidate()); !assay.Is(err, assay.Canceled) {
		t.Errorf("%v", err)
	}
}
