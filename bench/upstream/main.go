// Command upstream is the registry that benchmarks pull from: the tests' fake
// npm registry with one package of many versions. It prints its address and
// serves until its standard input ends.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

func main() {
	versions := flag.Int("versions", 300, "how many versions the package kettle has")
	size := flag.Int("size", 16<<10, "bytes of each version's file, about")
	flag.Parse()
	if err := serve(*versions, *size); err != nil {
		fmt.Fprintln(os.Stderr, "upstream:", err)
		os.Exit(1)
	}
}

func serve(versions, size int) error {
	fake, err := ecosystemtest.NewNPM()
	if err != nil {
		return err
	}
	defer fake.Stop()
	fake.Compress()
	filler := make([]byte, size)
	// ChaCha8 never fails to read; what it gives does not compress.
	rand.NewChaCha8([32]byte{}).Read(filler)
	when := time.Now().AddDate(-2, 0, 0)
	for i := range versions {
		err := fake.Publish(ecosystemtest.NPMVersion{
			Name: "kettle", Version: fmt.Sprintf("1.%d.%d", i/10, i%10), Published: when.Add(time.Duration(i) * time.Hour),
			Dependencies: map[string]string{"lid": "^1.0.0", "spout": "~2.3.0", "@works/handle": ">=1"},
			Files:        map[string]string{"filler.bin": string(filler)},
		})
		if err != nil {
			return err
		}
	}
	fmt.Println(fake.URL())
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("waiting for the end of standard input: %w", err)
	}
	return nil
}
