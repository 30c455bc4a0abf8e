// Command testcount reads what go test -json wrote, prints the output of what
// did not pass, and ends with one line: how many tests passed and how many
// failed. ./check adds these up.
//
// It counts leaves: a test with subtests is its subtests, unless it fails
// beside them. A package that fails without a failing test (it does not
// build, it ran out of time) is one failure. A skipped test has proven
// nothing and counts as failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "testcount: give it the file that go test -json wrote")
		os.Exit(2)
	}
	file, err := os.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "testcount:", err)
		os.Exit(2)
	}
	defer file.Close()
	passed, failed, err := report(file, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testcount:", err)
		os.Exit(2)
	}
	fmt.Println(passed, failed)
}

// event is a line of go test -json (go doc test2json).
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// outcome is what became of a test or of a package as a whole (no name).
type outcome struct {
	pkg, test string
	action    string // the last of run, pass, fail, skip
	output    strings.Builder
	parent    bool // it has subtests
}

// report writes the output of everything that did not pass, and counts.
func report(events io.Reader, w io.Writer) (passed, failed int, err error) {
	type key struct{ pkg, test string }
	seen := map[key]*outcome{}
	var order []*outcome
	find := func(pkg, test string) *outcome {
		o := seen[key{pkg, test}]
		if o == nil {
			o = &outcome{pkg: pkg, test: test}
			seen[key{pkg, test}] = o
			order = append(order, o)
		}
		return o
	}
	lines := bufio.NewScanner(events)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(w, lines.Text()) // go itself, saying something plain
			continue
		}
		switch e.Action {
		case "build-output":
			fmt.Fprint(w, e.Output)
		case "output":
			find(e.Package, e.Test).output.WriteString(e.Output)
		case "run", "pass", "fail", "skip":
			find(e.Package, e.Test).action = e.Action
			// The parent ran before it. A slash may also stand in the name
			// itself ("input/output error"), so only what ran is a parent.
			for above := e.Test; ; {
				i := strings.LastIndexByte(above, '/')
				if i < 0 {
					break
				}
				above = above[:i]
				if o := seen[key{e.Package, above}]; o != nil {
					o.parent = true
					break
				}
			}
		}
	}
	if err := lines.Err(); err != nil {
		return 0, 0, fmt.Errorf("reading the events: %w", err)
	}
	broken := map[string]bool{} // packages with a failure that is counted
	for _, o := range slices.Backward(order) {
		if o.test == "" {
			continue
		}
		childFailed := o.parent && slices.ContainsFunc(order, func(c *outcome) bool {
			return c.pkg == o.pkg && strings.HasPrefix(c.test, o.test+"/") && c.action != "pass"
		})
		switch {
		case o.action == "pass" && !o.parent:
			passed++
		case o.action == "pass" || childFailed:
		default: // fail, skip, or run without an end
			failed++
			broken[o.pkg] = true
			fmt.Fprintf(w, "--- %s %s (%s)\n%s", o.pkg, o.test, o.action, o.output.String())
		}
		if o.action != "pass" && childFailed {
			broken[o.pkg] = true
			fmt.Fprint(w, o.output.String())
		}
	}
	for _, o := range order {
		// A package without tests ends with skip, which is no failure.
		if o.test == "" && o.action != "pass" && o.action != "skip" && !broken[o.pkg] {
			failed++
			fmt.Fprintf(w, "--- %s as a whole (%s)\n%s", o.pkg, o.action, o.output.String())
		}
	}
	return passed, failed, nil
}
