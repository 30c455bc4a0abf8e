// Command assay is a package repository that can prove itself. All it does
// lies in package cli; here is only the door: arguments, streams, signals.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"assay.invalid/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the default is back: the second ends us at once.
	context.AfterFunc(ctx, stop)
	os.Exit(cli.Main(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}
