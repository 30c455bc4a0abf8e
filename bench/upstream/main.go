// Command upstream is what benchmarks pull from: the tests' fake npm registry
// and module proxy, with packages of the sizes that are measured. It prints
// the address of each on a line of its own, and serves until its standard
// input ends. A line on standard input is a part of a path; the answer is how
// many requests have had it in theirs.
//
// The npm packages:
//
//	kettle          as many versions as asked for, with a document of 10 MB at 1,500
//	cup-0 ...       a few hundred small ones, of three versions each
//	size-1k, size-100k, size-5m
//	                one version each, with a tarball of about that size
//	cold-0 ...      the same as size-5m, and slow, for stampedes
//	many-0 ...      where asked for: of 1,500 small versions each
//
// The modules are bench.example/size-1k and so on, and bench.example/kettle.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

func main() {
	versions := flag.Int("versions", 1500, "how many versions the package kettle has")
	small := flag.Int("packages", 300, "how many small packages there are")
	many := flag.Int("many", 0, "how many packages of 1,500 small versions there are")
	flag.Parse()
	if err := serve(*versions, *small, *many); err != nil {
		fmt.Fprintln(os.Stderr, "upstream:", err)
		os.Exit(1)
	}
}

func serve(versions, small, many int) error {
	npm, err := ecosystemtest.NewNPM()
	if err != nil {
		return err
	}
	defer npm.Stop()
	modules, err := ecosystemtest.NewGo()
	if err != nil {
		return err
	}
	defer modules.Stop()
	npm.Compress()
	s := &stock{npm: npm, modules: modules, random: rand.New(rand.NewChaCha8([32]byte{})), when: time.Now().AddDate(-2, 0, 0)}
	if many > 0 {
		err = s.many(many)
	} else {
		err = errors.Join(s.kettle(versions), s.cups(small), s.sizes())
	}
	if err != nil {
		return err
	}
	npm.Misbehave("cold-", ecosystemtest.Slow)
	fmt.Println(npm.URL())
	fmt.Println(modules.URL())
	questions := bufio.NewScanner(os.Stdin)
	for questions.Scan() {
		fmt.Println(npm.Count(questions.Text()) + modules.Count(questions.Text()))
	}
	return questions.Err()
}

// stock is what the two fakes are filled with. It is the same in each run.
type stock struct {
	npm     *ecosystemtest.NPM
	modules *ecosystemtest.Go
	random  *rand.Rand
	when    time.Time // of the first version
}

// kettle has many versions. Its manifests are as long as those of packages
// with documents of 10 MB, and compress about as well.
func (s *stock) kettle(versions int) error {
	const dependencies = 118
	for i := range versions {
		needs := make(map[string]string, dependencies)
		for d := range dependencies {
			needs[fmt.Sprintf("@works/a-part-of-some-length-%03d", d)] = fmt.Sprintf("^%d.%d.%d", s.random.IntN(20), s.random.IntN(20), s.random.IntN(20))
		}
		at := s.when.Add(time.Duration(i) * time.Hour)
		err := s.npm.Publish(ecosystemtest.NPMVersion{Name: "kettle", Version: version(i), Published: at, Dependencies: needs})
		if err != nil {
			return err
		}
	}
	for i := range min(versions, 300) {
		err := s.modules.Publish(ecosystemtest.GoVersion{Path: "bench.example/kettle", Version: "v" + version(i), Published: s.when.Add(time.Duration(i) * time.Hour)})
		if err != nil {
			return err
		}
	}
	return nil
}

func version(i int) string { return fmt.Sprintf("1.%d.%d", i/10, i%10) }

func (s *stock) cups(n int) error {
	for i := range n {
		for v := range 3 {
			err := s.npm.Publish(ecosystemtest.NPMVersion{
				Name: fmt.Sprintf("cup-%d", i), Version: fmt.Sprintf("1.0.%d", v), Published: s.when,
				Dependencies: map[string]string{"lid": "^1.0.0", "@works/handle": ">=1"},
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// sizes have files of about a size, whose content does not compress.
func (s *stock) sizes() error {
	for name, size := range map[string]int{"size-1k": 500, "size-100k": 100_000, "size-5m": 5_000_000} {
		filler := map[string]string{"filler.bin": s.filler(size)}
		err := errors.Join(
			s.npm.Publish(ecosystemtest.NPMVersion{Name: name, Version: "1.0.0", Published: s.when, Files: filler}),
			s.modules.Publish(ecosystemtest.GoVersion{Path: "bench.example/" + name, Version: "v1.0.0", Published: s.when, Files: filler}),
		)
		if err != nil {
			return err
		}
	}
	filler := map[string]string{"filler.bin": s.filler(5_000_000)}
	for i := range 4 {
		if err := s.npm.Publish(ecosystemtest.NPMVersion{Name: fmt.Sprintf("cold-%d", i), Version: "1.0.0", Published: s.when, Files: filler}); err != nil {
			return err
		}
	}
	return nil
}

func (s *stock) filler(size int) string {
	var b strings.Builder
	b.Grow(size + 8)
	for b.Len() < size {
		n := s.random.Uint64()
		for range 8 {
			b.WriteByte(byte(n))
			n >>= 8
		}
	}
	return b.String()
}

func (s *stock) many(packages int) error {
	for i := range packages {
		for v := range 1500 {
			err := s.npm.Publish(ecosystemtest.NPMVersion{Name: fmt.Sprintf("many-%d", i), Version: version(v), Published: s.when})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
