package wire

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

const (
	sumA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	sumB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// line is an ordinary line; more are members that follow.
func line(version, checksum string, more string) string {
	return `{"name":"Kettle","vers":"` + version + `","deps":[{"name":"lid","req":"^1","features":[],"optional":false,"default_features":true,"target":null,"kind":"normal"}],"cksum":"` + checksum + `","features":{}` + more + `}`
}

func read(document string) (*Index, error) {
	return Read(strings.NewReader(document), int64(len(document)), "kettle", DefaultLimits())
}

func TestReadIndex(t *testing.T) {
	document := line("1.0.0", sumA, `,"yanked":false,"pubtime":"2026-02-03T04:05:06Z"`) + "\n" +
		line("1.1.0+b", sumB, `,"yanked":true,"links":"gas","v":2`) + "\n\n" +
		line("1.2.0-rc.1", sumA, `,"yanked":null,"pubtime":"long ago","unknown":{"a":[1]}`)
	x, err := read(document)
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Lines) != 3 || x.Find("1.1.0+b") != 1 || x.Find("1.1.0") != -1 || x.Spelling() != "Kettle" {
		t.Fatalf("read as %+v", x)
	}
	first, second, third := x.Lines[0], x.Lines[1], x.Lines[2]
	if first.Name != "Kettle" || first.Checksum != "sha256:"+sumA || first.Yanked || first.Links != "" ||
		!first.Published.Equal(time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)) {
		t.Errorf("the first line is read as %+v", first)
	}
	if !second.Yanked || second.Links != "gas" || !second.Published.IsZero() {
		t.Errorf("the second line is read as %+v", second)
	}
	if third.Yanked || !third.Published.IsZero() {
		t.Errorf("the third line is read as %+v", third)
	}
	if x.Bytes() < 300 {
		t.Errorf("it weighs %d bytes", x.Bytes())
	}
}

func TestWriteIndex(t *testing.T) {
	without := line("1.3.0", sumA, "")
	lines := []string{
		line("1.0.0", sumA, `,"yanked":false`), line("1.1.0", sumB, `,"yanked":true,"v":1`), line("1.2.0", sumA, `, "yanked" : null , "links":null`),
		without, line("1.4.0", sumB, `,"yanked":false,"note":"\"yanked\":false"`),
	}
	for _, end := range []string{"", "\n", "\n\n"} {
		document := strings.Join(lines, "\n") + end
		x, err := read(document)
		if err != nil {
			t.Fatal(err)
		}
		write := func(denied ...int) string {
			var b bytes.Buffer
			err := x.Write(&b, strings.NewReader(document), int64(len(document)), func(i int) bool {
				for _, d := range denied {
					if d == i {
						return true
					}
				}
				return false
			})
			if err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		if got := write(); got != strings.Join(lines, "\n")+"\n" {
			t.Errorf("with nothing denied the document is\n%s", got)
		}
		want := strings.Join([]string{
			line("1.0.0", sumA, `,"yanked":true`), lines[1], line("1.2.0", sumA, `, "yanked" : true , "links":null`),
			line("1.3.0", sumA, `,"yanked":true`), line("1.4.0", sumB, `,"yanked":true,"note":"\"yanked\":false"`),
		}, "\n") + "\n"
		if got := write(0, 1, 2, 3, 4); got != want {
			t.Errorf("with everything denied the document is\n%s\nwant\n%s", got, want)
		}
	}
}

func TestWriteAnotherDocument(t *testing.T) {
	document := line("1.0.0", sumA, "") + "\n"
	x, err := read(document)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := x.Write(&b, strings.NewReader(""), 0, func(int) bool { return false }); !assay.Is(err, assay.Internal) || b.Len() > 0 {
		t.Errorf("a document that was cut gives %q, %v", b.String(), err)
	}
	if err := x.Write(&b, strings.NewReader("short"), int64(len(document)), func(int) bool { return false }); !assay.Is(err, assay.Internal) {
		t.Errorf("a document that ends early gives %v", err)
	}
}

func TestUnsoundIndexes(t *testing.T) {
	good := line("1.0.0", sumA, "")
	small := DefaultLimits()
	small.Size, small.Line, small.Versions = 300<<10, 200<<10, 3
	for what, document := range map[string]string{
		"empty":                             "",
		"blank lines alone":                 "\n\n",
		"a page":                            "<html><body>log in</body></html>",
		"a list":                            "[" + good + "]",
		"cut off in a line":                 good + "\n" + good[:60],
		"cut off before its brace":          good[:len(good)-1],
		"two objects in a line":             good + good,
		"another crate's line":              strings.Replace(good, "Kettle", "teapot", 1),
		"another crate's second line":       good + "\n" + strings.Replace(line("1.1.0", sumA, ""), "Kettle", "kettl3", 1),
		"no name":                           strings.Replace(good, `"name":"Kettle",`, "", 1),
		"a name that is no text":            strings.Replace(good, `"Kettle"`, `7`, 1),
		"no version":                        strings.Replace(good, `"vers":"1.0.0",`, "", 1),
		"a version that is a path":          line("../1.0.0", sumA, ""),
		"two lines for one version":         good + "\n" + line("1.0.0", sumB, ""),
		"two lines, one of them escaped":    good + "\n" + line(`1.\u0030.0`, sumB, ""),
		"no checksum":                       strings.Replace(good, `"cksum":"`+sumA+`",`, "", 1),
		"a checksum that is too short":      line("1.0.0", sumA[2:], ""),
		"a checksum in capitals":            line("1.0.0", strings.ToUpper(sumA), ""),
		"a checksum that is no number":      line("1.0.0", strings.Repeat("g", 64), ""),
		"yanked as text":                    line("1.0.0", sumA, `,"yanked":"false"`),
		"a key twice":                       line("1.0.0", sumA, `,"yanked":true,"yanked":false`),
		"a key twice, once escaped":         line("1.0.0", sumA, `,"yanked":true,"yank\u0065d":false`),
		"a key twice in a dependency":       line("1.0.0", sumA, `,"more":[{"a":1,"a":2}]`),
		"a key twice in a line of later":    line("1.0.0", sumA, `,"v":9,"yanked":true,"yanked":false`),
		"bytes that are no UTF-8":           line("1.0.0", sumA, ",\"more\":\"\xff\""),
		"a line that is too long":           line("1.0.0", sumA, `,"more":"`+strings.Repeat("x", 250<<10)+`"`),
		"a document that is too long":       strings.Repeat(good+"\n", 2000),
		"too many lines":                    good + "\n" + line("1.0.1", sumA, "") + "\n" + line("1.0.2", sumA, "") + "\n" + line("1.0.3", sumA, ""),
		"nested deeper than anybody writes": line("1.0.0", sumA, `,"more":`+strings.Repeat("[", 90<<10)+strings.Repeat("]", 90<<10)),
		"lines of a later form alone":       `{"name":"Kettle","vers":"2.0.0","v":3}`,
	} {
		x, err := Read(strings.NewReader(document), int64(len(document)), "kettle", small)
		if !assay.Is(err, assay.Unsound) {
			t.Errorf("%s: %v, %v", what, x, err)
		} else if text := assay.PublicMessage(err); strings.ContainsAny(text, "\n\r\x1b") || len(text) > 500 {
			t.Errorf("%s: the error is %q", what, text)
		}
	}
}

// What a later form of the format says is passed on where it says enough to be
// judged, and is left out where it does not: it is never allowed unseen.
func TestLinesOfALaterForm(t *testing.T) {
	document := line("1.0.0", sumA, `,"yanked":false`) + "\n" + line("2.0.0", sumB, `,"v":3,"deps2":[]`) + "\n" +
		`{"name":"Kettle","vers":"3.0.0","v":4,"sum":"other"}` + "\n" + line("4.0.0", sumA, `,"v":3,"yanked":"since yesterday"`) + "\n"
	x, err := read(document)
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Lines) != 2 || x.Find("2.0.0") != 1 {
		t.Fatalf("read as %+v", x.Lines)
	}
	var b bytes.Buffer
	if err := x.Write(&b, strings.NewReader(document), int64(len(document)), func(i int) bool { return i == 1 }); err != nil {
		t.Fatal(err)
	}
	want := line("1.0.0", sumA, `,"yanked":false`) + "\n" + line("2.0.0", sumB, `,"v":3,"deps2":[],"yanked":true`) + "\n"
	if b.String() != want {
		t.Errorf("written as\n%s\nwant\n%s", b.String(), want)
	}
}

// A line longer than the buffer is read and written like any other.
func TestLongLines(t *testing.T) {
	var document strings.Builder
	for i := range 20 {
		document.WriteString(line(fmt.Sprintf("1.%d.0", i), sumA, `,"yanked":false,"more":"`+strings.Repeat("x", i*17_000)+`"`) + "\n")
	}
	x, err := read(document.String())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := x.Write(&b, strings.NewReader(document.String()), int64(document.Len()), func(i int) bool { return i%2 == 1 }); err != nil {
		t.Fatal(err)
	}
	again, err := read(b.String())
	if err != nil || len(again.Lines) != 20 {
		t.Fatal(err)
	}
	for i, l := range again.Lines {
		if l.Yanked != (i%2 == 1) {
			t.Errorf("line %d is yanked: %v", i, l.Yanked)
		}
	}
}

// FuzzIndex: what is read can be written, says the same when read again, and
// no version that is denied comes out without its mark.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(line("1.0.0", sumA, `,"yanked":false`)+"\n"+line("1.1.0", sumB, "")), uint64(1))
	f.Add([]byte(line("1.0.0", sumA, `,"v":3`)), uint64(1))
	f.Add([]byte(line("1.0.0", sumA, `,"yanked": null`)+"\r\n"), uint64(3))
	f.Add([]byte("{}"), uint64(0))
	f.Fuzz(func(t *testing.T, document []byte, mask uint64) {
		x, err := Read(bytes.NewReader(document), int64(len(document)), "kettle", DefaultLimits())
		if err != nil {
			if !assay.Is(err, assay.Unsound) {
				t.Fatalf("%v is not of kind Unsound", err)
			}
			return
		}
		denied := func(i int) bool { return mask>>(i%64)&1 == 1 }
		var b bytes.Buffer
		if err := x.Write(&b, bytes.NewReader(document), int64(len(document)), denied); err != nil {
			t.Fatal(err)
		}
		again, err := Read(bytes.NewReader(b.Bytes()), int64(b.Len()), "kettle", DefaultLimits())
		if err != nil {
			t.Fatalf("what was written is not sound: %v\n%s", err, b.Bytes())
		}
		if len(again.Lines) != len(x.Lines) {
			t.Fatalf("%d lines became %d", len(x.Lines), len(again.Lines))
		}
		for i := range x.Lines {
			was, is := x.Lines[i], again.Lines[i]
			if is.Version != was.Version || is.Checksum != was.Checksum || is.Yanked != (was.Yanked || denied(i)) {
				t.Fatalf("line %d was %+v and is %+v", i, was, is)
			}
		}
	})
}

// BenchmarkReadIndex reads a crate of 1,000 versions.
func BenchmarkReadIndex(b *testing.B) {
	var document strings.Builder
	for i := range 1000 {
		document.WriteString(line(fmt.Sprintf("1.%d.0", i), sumA, `,"yanked":false,"pubtime":"2026-02-03T04:05:06Z"`) + "\n")
	}
	b.SetBytes(int64(document.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := read(document.String()); err != nil {
			b.Fatal(err)
		}
	}
}
