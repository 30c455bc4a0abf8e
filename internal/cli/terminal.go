package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// clean makes text from outside fit for one cell or line of a terminal.
func clean(s string) string { return ecosystem.Printable(s) }

// plainText cleans a text of several lines, line by line.
func plainText(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\r\n"), "\n")
	for i, line := range lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		lines[i] = indent + clean(line)
	}
	return strings.Join(lines, "\n")
}

// table prints aligned columns; the first row is the heading.
func table(w io.Writer, rows [][]string) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			if cells[i] = clean(cell); cells[i] == "" {
				cells[i] = "-"
			}
		}
		if _, err := fmt.Fprintln(tw, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return tw.Flush()
}

// columns prints aligned columns without a heading.
func columns(w io.Writer, rows [][]string) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			indent := cell[:len(cell)-len(strings.TrimLeft(cell, " "))]
			cells[i] = indent + clean(cell)
		}
		for len(cells) > 1 && cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1] // no blanks at the line's end
		}
		if _, err := fmt.Fprintln(tw, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return tw.Flush()
}

// fields prints a name and a value a line, aligned, without a heading.
func fields(w io.Writer, pairs ...[2]string) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, pair := range pairs {
		if _, err := fmt.Fprintf(tw, "  %s\t%s\n", pair[0], clean(pair[1])); err != nil {
			return err
		}
	}
	return tw.Flush()
}

// printJSON prints a value for programs. Characters that drive a terminal or
// reorder its text are written as escapes, which mean the same in JSON:
// the text inside came from upstreams, and people look at it too.
func printJSON(w io.Writer, value any) error {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // "<4.17.21" is for people, too
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return assay.Wrap(assay.Internal, err, "the answer cannot be written as JSON")
	}
	var b strings.Builder
	for _, r := range text.String() {
		if r != '\n' && r != ' ' && clean(string(r)) == "" && r != utf8.RuneError {
			for _, unit := range utf16Units(r) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
			continue
		}
		b.WriteRune(r)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func utf16Units(r rune) []uint16 {
	if r < 0x10000 {
		return []uint16{uint16(r)}
	}
	r -= 0x10000
	return []uint16{uint16(0xd800 + r>>10), uint16(0xdc00 + r&0x3ff)}
}

// mark is a decision's shape; the word always stands beside it.
func mark(e assay.Effect, m assay.Mode) string {
	if m == assay.Observe {
		return "○ observe"
	}
	switch e {
	case assay.Deny:
		return "✗ deny"
	case assay.Warn:
		return "▲ warn"
	}
	return "✓ allow"
}

// moment prints a time for people, to the minute.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// until prints an end, or what stands for none.
func until(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	if whole := t.Truncate(time.Minute); !whole.Equal(t) {
		t = whole.Add(time.Minute) // never a moment too early
	}
	return moment(t)
}

// plural counts: "1 version", "2 versions".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// isTerminal tells whether a person looks at w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
