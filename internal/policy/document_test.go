package policy

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

func conditionsPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/conditions.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// factsTable is the table of facts in docs/conditions.md.
func factsTable() string {
	var b strings.Builder
	b.WriteString("| fact | type | meaning | unknown |\n|---|---|---|---|\n")
	for _, f := range Fields() {
		unknown := f.Unknown
		if unknown == "" {
			unknown = "never"
		}
		fmt.Fprintf(&b, "| `version.%s` | %s | %s | %s |\n", f.Name, f.Type, f.Meaning, unknown)
	}
	return b.String()
}

func TestThePageNamesEveryFact(t *testing.T) {
	const begin, end = "<!-- facts -->\n", "<!-- end of facts -->"
	_, rest, ok := strings.Cut(conditionsPage(t), begin)
	table, _, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("the page has no table between %q and %q", begin, end)
	}
	if want := factsTable(); table != want {
		t.Errorf("the table of facts is not that of Fields(); it should be\n%s", want)
	}
}

// The examples do what the page says: each yaml block with the decides block
// below it, whose lines are a version, its facts, and what each condition that
// is not silent says of it.
func TestTheExamplesDoWhatThePageSays(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```\n\n```decides\n(.*?)```").FindAllStringSubmatch(conditionsPage(t), -1)
	if all := strings.Count(conditionsPage(t), "```yaml"); len(blocks) != all || all < 12 {
		t.Fatalf("%d of %d examples have a block that says what they decide", len(blocks), all)
	}
	for _, block := range blocks {
		f := parse(t, block[1])
		t.Run(f.Conditions[0].Name, func(t *testing.T) {
			r := Compile(1, f, nil, nil)
			spoken := map[string]bool{}
			for line := range strings.Lines(block[2]) {
				facts, now, want := readCase(t, strings.TrimSpace(line))
				opinions := r.Decide(facts, now).Opinions
				var said []string
				for _, c := range f.Conditions {
					at := slices.IndexFunc(opinions, func(o assay.Opinion) bool { return o.Rule == c.Name })
					if at < 0 {
						said = append(said, assay.Nothing.String())
						continue
					}
					said = append(said, opinions[at].Effect.String())
					spoken[c.Name] = true
				}
				if got := strings.Join(said, ", "); got != want {
					t.Errorf("%s: says %s", strings.TrimSpace(line), got)
				}
			}
			for _, c := range f.Conditions {
				if !spoken[c.Name] {
					t.Errorf("no line of the example makes %s speak", c.Name)
				}
			}
		})
	}
}

// readCase reads one line of a decides block.
func readCase(t *testing.T, line string) (f *assay.Facts, now time.Time, want string) {
	t.Helper()
	given, want, ok := strings.Cut(line, " -> ")
	purl, given, _ := strings.Cut(given, " ")
	c, err := assay.ParseCoordinate(purl)
	if !ok || err != nil {
		t.Fatalf("%q is no case: %v", line, err)
	}
	f = &assay.Facts{
		Coordinate: c, Registry: map[assay.Ecosystem]string{assay.NPM: "npm", assay.Golang: "go"}[c.Ecosystem], Origin: "https://registry.example",
		Published: at("2020-01-01 00:00"), FirstListed: at("2026-01-01 00:00"), InstallScripts: assay.No,
		Digest: assay.NewDigest("sha512", make([]byte, 64)),
	}
	now = noon
	for given != "" {
		name, rest, _ := strings.Cut(given, "=")
		value, left, _ := strings.Cut(rest, " ")
		if quoted, err := strconv.QuotedPrefix(rest); err == nil {
			value, _ = strconv.Unquote(quoted)
			left = strings.TrimPrefix(rest[len(quoted):], " ")
		}
		given = left
		moment := func(to *time.Time) {
			*to = time.Time{}
			if value == "unknown" {
				return
			}
			if *to, err = time.Parse(time.RFC3339, value); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		}
		switch name {
		case "now":
			moment(&now)
		case "published":
			moment(&f.Published)
		case "first_listed":
			moment(&f.FirstListed)
		case "last_absent":
			moment(&f.LastAbsent)
		case "registry":
			f.Registry = value
		case "hosted":
			f.Hosted, f.Origin = value == "yes", ""
		case "published_by":
			f.PublishedBy = value
		case "install_scripts":
			f.InstallScripts = map[string]assay.Tristate{"yes": assay.Yes, "no": assay.No}[value]
		case "scripts":
			f.Scripts = strings.Split(value, ",")
		case "deprecated":
			f.Deprecated = value
		case "is_vanished":
			f.Vanished = at("2026-11-01 00:00")
		case "digest":
			f.Digest = assay.Digest(strings.TrimPrefix(value, "unknown"))
		default:
			t.Fatalf("%q: no fact is called %q here", line, name)
		}
	}
	return f, now, want
}
