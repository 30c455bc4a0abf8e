// Command names measures the checker of look-alike names on names that were
// made to be taken for others and on honest ones that stand near popular
// ones, beside edit distance 1; and fits its weights.
//
//	go run ./bench/names             a table on standard output
//	go run ./bench/names -keep FILE  the same, with machine and commit, to a file
//	go run ./bench/names -fit        internal/insight/names/weights.go anew
//	go run ./bench/names -each       one line a name: what was said of it, held out
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	keep := flag.String("keep", "", "write the table to this `file`")
	refit := flag.Bool("fit", false, "print the weights that the labelled names give")
	each := flag.Bool("each", false, "print what is said of each labelled name")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *keep, *refit, *each); err != nil {
		fmt.Fprintln(os.Stderr, "bench/names:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, keep string, refit, each bool) error {
	rows, err := readRows()
	if err != nil {
		return err
	}
	all := judge(rows)
	m := heldOut(all)
	switch {
	case refit:
		return writeWeights(out, m)
	case each:
		return writeEach(out, all)
	}
	var text bytes.Buffer
	if err := writeReport(ctx, &text, all); err != nil {
		return err
	}
	if keep != "" {
		return os.WriteFile(keep, text.Bytes(), 0o644)
	}
	_, err = out.Write(text.Bytes())
	return err
}
