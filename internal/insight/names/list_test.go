package names

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"assay.invalid/internal/assay"
)

func TestReadList(t *testing.T) {
	for _, c := range []struct {
		what, text string
		want       []Popular
		wrong      string
	}{
		{"names and counts", "kettle\t12\nteapot\t3\n", []Popular{{"kettle", 12}, {"teapot", 3}}, ""},
		{"no count", "kettle\n", []Popular{{"kettle", 0}}, ""},
		{"remarks, empty lines and blanks", "# best\n\n  kettle \t 12 \r\n", []Popular{{"kettle", 12}}, ""},
		{"nothing", "", nil, ""},
		{"a count that is none", "kettle\t1\nteapot\tmany\n", nil, `line 2: what follows "teapot" is no count`},
		{"a count below nothing", "teapot\t-1\n", nil, "line 1"},
		{"a third column", "teapot\t1\t2\n", nil, "line 1"},
		{"a name that is too long", strings.Repeat("x", maxName+1), nil, "line 1: a name of 513 bytes is too long"},
		{"a line that is too long", "kettle\t1\n" + strings.Repeat("x", maxLine+1), nil, "line 2 is longer than 4096 bytes"},
	} {
		got, err := ReadList(strings.NewReader(c.text))
		if !slices.Equal(got, c.want) || (err == nil) != (c.wrong == "") {
			t.Errorf("%s: %v, %v", c.what, got, err)
		}
		if err != nil && (!assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s: %v, want %q", c.what, err, c.wrong)
		}
	}
	if _, err := ReadList(io.MultiReader(strings.NewReader("kettle\t1\n"), iotest.ErrReader(errors.New("gone")))); !assay.Is(err, assay.Internal) {
		t.Errorf("a list that breaks off: %v", err)
	}
}

func TestInterleave(t *testing.T) {
	mine := []Popular{{"teapot", 2}, {"kettle", 3}}
	got := New(Interleave([]Popular{{"world-b", 1000}, {"world-a", 2000}, {"world-c", 10}}, mine))
	if want := []string{"world-a", "kettle", "world-b", "teapot", "world-c"}; !slices.Equal(got.names, want) {
		t.Errorf("the order is %v, want %v", got.names, want)
	}
	if mine[0] != (Popular{"teapot", 2}) {
		t.Error("the list that was given was changed")
	}
}

func FuzzReadList(f *testing.F) {
	for _, seed := range []string{"kettle\t12\n", "# x\n\n", "a\tb", "\t\t", "\xff\t1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ReadList(strings.NewReader(text))
		if err != nil {
			if list != nil || !assay.Is(err, assay.Invalid) {
				t.Errorf("%v beside %v", list, err)
			}
			return
		}
		for _, p := range list {
			if p.Name == "" && p.Weight == 0 || len(p.Name) > maxName || p.Weight < 0 {
				t.Errorf("%q gives %v", text, p)
			}
		}
	})
}
