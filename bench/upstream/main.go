// Command upstream is what benchmarks pull from: the tests' fakes of five
// upstreams, with packages of the sizes that are measured. It prints the
// addresses in one line, in the order npm, go, pypi, cargo, maven, and serves
// until its standard input ends. A line on standard input is a part of a path;
// the answer is how many requests have had it in theirs.
//
// The npm packages, and those of PyPI, Cargo and, in the group org.bench, Maven,
// where kettle has 300 versions at most:
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
	s := &stock{random: rand.New(rand.NewChaCha8([32]byte{})), when: time.Now().AddDate(-2, 0, 0)}
	if err := s.start(); err != nil {
		return err
	}
	servers := []*ecosystemtest.Server{s.npm.Server, s.modules.Server, s.python.Server, s.crates.Server, s.artifacts.Server}
	for _, server := range servers {
		defer server.Stop()
	}
	s.npm.Compress()
	var err error
	if many > 0 {
		err = s.many(many)
	} else {
		err = errors.Join(s.kettle(versions), s.cups(small), s.sizes(), s.cold())
	}
	if err != nil {
		return err
	}
	for _, server := range servers {
		// Of the documents of the listings only npm's has this in its path, and
		// it is fetched before anything is measured.
		server.Misbehave("cold-", ecosystemtest.Slow)
	}
	fmt.Println(s.npm.URL(), s.modules.URL(), s.python.URL()+"simple/", s.crates.URL(), s.artifacts.URL())
	questions := bufio.NewScanner(os.Stdin)
	for questions.Scan() {
		n := 0
		for _, server := range servers {
			n += server.Count(questions.Text())
		}
		fmt.Println(n)
	}
	return questions.Err()
}

// stock is what the fakes are filled with. It is the same in each run.
type stock struct {
	npm       *ecosystemtest.NPM
	modules   *ecosystemtest.Go
	python    *ecosystemtest.PyPI
	crates    *ecosystemtest.Cargo
	artifacts *ecosystemtest.Maven
	random    *rand.Rand
	when      time.Time // of the first version
}

// start starts the fakes; what has started when one fails ends with the
// process.
func (s *stock) start() (err error) {
	if s.npm, err = ecosystemtest.NewNPM(); err != nil {
		return err
	}
	if s.modules, err = ecosystemtest.NewGo(); err != nil {
		return err
	}
	if s.python, err = ecosystemtest.NewPyPI(); err != nil {
		return err
	}
	if s.crates, err = ecosystemtest.NewCargo(); err != nil {
		return err
	}
	s.artifacts, err = ecosystemtest.NewMaven()
	return err
}

// alike publishes one version to the others, which take the same.
func (s *stock) alike(name, version string, at time.Time, files map[string]string) error {
	return errors.Join(
		s.python.Publish(ecosystemtest.PyPIVersion{Name: name, Version: version, Published: at, Files: files}),
		s.crates.Publish(ecosystemtest.CargoVersion{Name: name, Version: version, Published: at, Files: files}),
		s.artifacts.Publish(ecosystemtest.MavenVersion{Name: "org.bench/" + name, Version: version, Published: at, Files: files}),
	)
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
		at := s.when.Add(time.Duration(i) * time.Hour)
		err := errors.Join(
			s.modules.Publish(ecosystemtest.GoVersion{Path: "bench.example/kettle", Version: "v" + version(i), Published: at}),
			s.alike("kettle", version(i), at, nil),
		)
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
			name, version := fmt.Sprintf("cup-%d", i), fmt.Sprintf("1.0.%d", v)
			err := errors.Join(
				s.npm.Publish(ecosystemtest.NPMVersion{
					Name: name, Version: version, Published: s.when,
					Dependencies: map[string]string{"lid": "^1.0.0", "@works/handle": ">=1"},
				}),
				s.alike(name, version, s.when, nil),
			)
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
			s.alike(name, "1.0.0", s.when, filler),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// cold is what nobody has asked for before.
func (s *stock) cold() error {
	filler := map[string]string{"filler.bin": s.filler(5_000_000)}
	for i := range 4 {
		name := fmt.Sprintf("cold-%d", i)
		err := errors.Join(
			s.npm.Publish(ecosystemtest.NPMVersion{Name: name, Version: "1.0.0", Published: s.when, Files: filler}),
			s.alike(name, "1.0.0", s.when, filler),
		)
		if err != nil {
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
