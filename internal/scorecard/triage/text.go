package triage

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"assay.invalid/internal/scorecard"
)

// Text writes a triage for a terminal: every row with the numbers that its
// worth was made of. most bounds the rows of each table; 0 shows all.
func Text(w io.Writer, r Result, most int) error {
	var out bytes.Buffer
	out.WriteString("worth = missing x reach x incidents / weeks\n")
	out.WriteString("What each of them counts is a guess that one can argue with: 'assay triage weights' prints the guesses.\n")
	out.WriteString("What is partial may be there in whole, where sources only did not show it: the page of the repository says which.\n")
	table(&out, "Missing, and the reach is stated", r.Rows, most, true)
	reaches(&out, r)
	if len(r.Rows) == 0 {
		out.WriteString("  There is no row: of no repository are both a gap and its reach stated.\n")
	}
	if len(r.ReachUnknown) > 0 {
		table(&out, "Missing, and nobody states the reach: that is not zero, and cannot be compared with the rows above", r.ReachUnknown, most, false)
	}
	if len(r.StateUnknown) > 0 {
		fmt.Fprintf(&out, "\nNobody knows whether it is missing: to ask is cheaper than to build\n\n")
		tw := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(tw, "  INCIDENTS\tCAPABILITY\tASK")
		asked := byCapability(r.StateUnknown)
		for _, a := range asked[:bound(len(asked), most)] {
			fmt.Fprintf(tw, "  %d\t%s\t%s\n", a.incidents, scorecard.Words(a.capability), strings.Join(a.names, ", "))
		}
		_ = tw.Flush() // a bytes.Buffer takes everything
		rest(&out, len(asked), most)
	}
	_, err := w.Write(out.Bytes())
	return err
}

func table(out *bytes.Buffer, title string, rows []Row, most int, reached bool) {
	fmt.Fprintf(out, "\n%s\n\n", title)
	if len(rows) == 0 {
		return
	}
	tw := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	heading := "  WORTH\tREPOSITORY\tCAPABILITY\tSTATE\tMISSING\tREACH\tINCIDENTS\tWEEKS"
	if !reached {
		heading = strings.Replace(heading, "\tREACH", "", 1)
	}
	fmt.Fprintln(tw, heading)
	for _, r := range rows[:bound(len(rows), most)] {
		worth, reach := r.PerReach, ""
		if reached {
			worth, reach = r.Worth, fmt.Sprintf("%.2f\t", *r.Reach)
		}
		state := strings.ReplaceAll(string(r.State), "_", " ")
		if r.Knowledge != "" {
			state += ", " + string(r.Knowledge)
		}
		fmt.Fprintf(tw, "  %.2f\t%s\t%s\t%s\t%g\t%s%g (%s)\t%g (%s)\n", *worth, scorecard.Words(r.Name), scorecard.Words(r.Capability), state,
			r.Missing, reach, r.Kind, counted(r.Incidents), r.Weeks, r.WeeksFrom)
	}
	_ = tw.Flush() // a bytes.Buffer takes everything
	rest(out, len(rows), most)
}

// reaches says of which numbers the reach of each repository was made, and
// which of them are worth what they are by a guess of ours.
func reaches(out *bytes.Buffer, r Result) {
	made := map[string]string{}
	for _, row := range r.Rows {
		if _, done := made[row.Name]; done {
			continue
		}
		var said []string
		for _, m := range row.Measures {
			said = append(said, m.words(r.Weights.Reach))
		}
		if len(said) > 0 {
			made[row.Name] = fmt.Sprintf("%.2f, of %s", *row.Reach, strings.Join(said, " and "))
		}
	}
	if len(made) == 0 {
		return
	}
	how := "as they stand"
	if r.Weights.Reach.Scale == Logarithm {
		how = "by their logarithm"
	}
	fmt.Fprintf(out, "\n  Reach is downloads in a year, %s:\n", how)
	for _, name := range slices.Sorted(maps.Keys(made)) {
		fmt.Fprintf(out, "  %s: %s\n", scorecard.Words(name), scorecard.Words(made[name]))
	}
}

// words are the number as it is stated, its date, and what one of it counts.
func (m Measure) words(w ReachWeights) string {
	s := fmt.Sprintf("%.3g %s", m.Value, m.Kind)
	if m.Value == math.Trunc(m.Value) && m.Value < 1e15 {
		s = fmt.Sprintf("%.0f %s", m.Value, m.Kind)
	}
	if m.Kind == Downloads || m.Kind == Requests {
		s += " a year"
	}
	switch {
	case m.Undated:
		s += " (undated, read " + m.Date + ")"
	case m.Date != "":
		s += " (" + m.Date + ")"
	}
	if each := w.of(m.Kind); each != 1 {
		s += fmt.Sprintf(", each as %g downloads by a guess", each)
	}
	return s
}

// counted says how many incidents there are, and how many of them here.
func counted(incidents []Incident) string {
	here := 0
	for _, i := range incidents {
		if i.Here {
			here++
		}
	}
	if here > 0 {
		return fmt.Sprintf("%d, %d here", len(incidents), here)
	}
	return fmt.Sprint(len(incidents))
}

func bound(n, most int) int {
	if most > 0 && n > most {
		return most
	}
	return n
}

func rest(out *bytes.Buffer, n, most int) {
	if shown := bound(n, most); shown < n {
		fmt.Fprintf(out, "  and %d more: --all shows them\n", n-shown)
	}
}

type asking struct {
	capability string
	incidents  int
	names      []string
}

// byCapability gathers rows by capability, in their order.
func byCapability(rows []Row) []asking {
	var out []asking
	at := map[string]int{}
	for _, r := range rows {
		i, there := at[r.Capability]
		if !there {
			i = len(out)
			at[r.Capability] = i
			out = append(out, asking{capability: r.Capability, incidents: len(r.Incidents)})
		}
		out[i].names = append(out[i].names, scorecard.Words(r.Name))
	}
	for _, a := range out {
		slices.Sort(a.names)
	}
	return out
}
