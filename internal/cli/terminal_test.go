package cli

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// nasty holds what drives a terminal: escapes of both generations, a bell, a
// line that overwrites, an override of direction, an invisible letter.
const nasty = "a\x1b[2Jb\u009b31mc\ad\re\u202ef\u200bg"

func TestTablesHoldNoEscapes(t *testing.T) {
	var b strings.Builder
	if err := table(&b, [][]string{{"NAME", "REASON"}, {nasty, ""}, {"much longer than that", "x"}}); err != nil {
		t.Fatal(err)
	}
	want := "NAME                   REASON\n" +
		"a[2Jb31mcd efg         -\n" +
		"much longer than that  x\n"
	if b.String() != want {
		t.Errorf("got\n%q, want\n%q", b.String(), want)
	}
}

func TestJSONHoldsNoEscapesAndMeansTheSame(t *testing.T) {
	in := map[string]string{"reason": nasty + " é 漢 \U000e0041 \ufeff"}
	var b strings.Builder
	if err := printJSON(&b, in); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\a\r\u009b\u202e\u200b\ufeff\U000e0041") {
		t.Errorf("%q can drive a terminal", b.String())
	}
	if !strings.Contains(b.String(), "é 漢") {
		t.Errorf("%q has escaped plain letters", b.String())
	}
	var out map[string]string
	if err := json.Unmarshal([]byte(b.String()), &out); err != nil || out["reason"] != in["reason"] {
		t.Errorf("read back %q (%v), want %q", out["reason"], err, in["reason"])
	}
}

func FuzzPrintJSON(f *testing.F) {
	f.Add(nasty)
	f.Add("\ufffd \xff")
	f.Fuzz(func(t *testing.T, text string) {
		var b strings.Builder
		if err := printJSON(&b, text); err != nil {
			t.Fatal(err)
		}
		var out string
		if err := json.Unmarshal([]byte(b.String()), &out); err != nil || out != strings.ToValidUTF8(text, "\ufffd") && !strings.Contains(out, "\ufffd") {
			t.Errorf("%q printed as %q, read back as %q (%v)", text, b.String(), out, err)
		}
	})
}

func TestErrorsAreOneCalmSentence(t *testing.T) {
	cases := []struct {
		name string
		err  error
		want string
	}{
		{"with its cause", assay.Wrap(assay.Forbidden, errors.New("permission denied"), "x cannot be read"), "x cannot be read: permission denied"},
		{"with escapes", assay.Errorf(assay.NotFound, "%s", nasty), "a[2Jb31mcd efg"},
		{"several lines keep their breaks", assay.Errorf(assay.Invalid, "two mistakes:\n  p:1: a\n  p:2: b\n"), "two mistakes:\n  p:1: a\n  p:2: b"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := sentence(c.err); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestWaitingShowsAndCleansUp(t *testing.T) {
	var b strings.Builder
	failed := errors.New("failed")
	err := showWaiting(t.Context(), &b, 5*time.Millisecond, "Asking "+nasty, func(context.Context) error {
		time.Sleep(40 * time.Millisecond)
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("%v, want the function's own error", err)
	}
	if !strings.Contains(b.String(), "Asking a[2Jb31mcd efg ... ") || !strings.HasSuffix(b.String(), "\r\x1b[K") {
		t.Errorf("printed %q", b.String())
	}
	b.Reset()
	if err := showWaiting(t.Context(), &b, time.Hour, "x", func(context.Context) error { return nil }); err != nil || b.String() != "" {
		t.Errorf("a quick answer printed %q (%v)", b.String(), err)
	}
}

func TestUntilIsNeverTooEarly(t *testing.T) {
	at := time.Date(2027, 1, 1, 0, 0, 1, 0, time.UTC)
	if got := until(at, "never"); got != "2027-01-01 00:01 UTC" {
		t.Errorf("one second past midnight is shown as %q", got)
	}
	if got := until(time.Time{}, "never"); got != "never" {
		t.Errorf("no end is shown as %q", got)
	}
}
