package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

// goPlace is where Go modules are published.
const goPlace = "go"

// publishOptions are the operand and the flags of publish.
type publishOptions struct {
	dir          string
	version, tag string // one of them
}

func (p *program) publishCommand() *cobra.Command {
	o := publishOptions{dir: "."}
	cmd := &cobra.Command{
		Use:   "publish [DIRECTORY] --tag TAG | --version VERSION",
		Short: "Publish a Go module",
		Long: `Publish a Go module, whose path must be claimed. The path is the one in its
go.mod file; the zip is made and checked by the rules of the go command.

With --tag it is made from a tag of the git repository, and from nothing else
that lies in the directory. With --version it is made from the directory as it
is. A module below the root of its repository has tags with its directory
before the version, as the go command wants them: api/v1.2.3.

A version is published once: it can be taken back, but never replaced.`,
		Example: `  assay publish --tag v1.2.3
  assay publish ./kettle --version v0.1.0`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return misused(cmd, "%q is one word too many for '%s': it takes one directory", args[1], cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.dir = args[0]
			}
			switch {
			case o.version == "" && o.tag == "":
				return misused(cmd, "say which version is published: --tag v1.2.3 from the git repository, or --version v1.2.3 from the directory as it is")
			case o.version != "" && o.tag != "":
				return misused(cmd, "--tag and --version exclude each other: a tag says the version")
			}
			return p.publish(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.tag, "tag", "", "publish this `tag` of the git repository")
	cmd.Flags().StringVar(&o.version, "version", "", "publish the directory as it is, as this `version`")
	return cmd
}

// publish packs the module, then sends it to whoever answers for the data
// directory.
func (p *program) publish(ctx context.Context, o publishOptions) (err error) {
	zip, err := os.CreateTemp("", "assay-publish-*.zip")
	if err != nil {
		return assay.Wrap(assay.Internal, err, "there is nowhere to make the zip: set TMPDIR to a directory with room for it")
	}
	defer func() { err = errors.Join(err, zip.Close(), os.Remove(zip.Name())) }()
	var m packed
	err = p.waiting(ctx, "Packing the module", func(ctx context.Context) error {
		if o.tag != "" {
			m, err = packTag(ctx, p.env, zip, o.dir, o.tag)
		} else {
			m, err = packDirectory(ctx, p.env, zip, o.dir, o.version)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, note := range m.notes {
		fmt.Fprintf(p.err, "Note: %s.\n", clean(note))
	}
	return p.control(ctx, need{holder: "publish", packages: true}, func(ctx context.Context, c api.Control) error {
		if _, err := zip.Seek(0, 0); err != nil {
			return assay.Wrap(assay.Internal, err, "the zip cannot be read back")
		}
		var done api.Published
		err := p.waiting(ctx, "Publishing "+m.path+"@"+m.version, func(ctx context.Context) (err error) {
			done, err = c.PublishModule(ctx, goPlace, m.path, m.version, zip, m.size)
			return err
		})
		if err != nil {
			return err
		}
		if done.H1 != m.h1 {
			return assay.Errorf(assay.Unsound, "the server says that it published %s with the digest %s, but %s was sent: take the version back with 'assay remove', and look at what lies between",
				done.Coordinate.Short(), done.H1, m.h1)
		}
		return p.published(done)
	})
}

// published prints what was published and how it is used.
func (p *program) published(done api.Published) error {
	index := "not yet: the log is behind; the version is published all the same"
	if done.LogIndex >= 0 {
		index = strconv.FormatInt(done.LogIndex, 10)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Published %s\n", clean(done.Coordinate.Short()))
	_ = fields(&b, [2]string{"digest", string(done.H1)}, [2]string{"log index", index}) // a strings.Builder takes everything
	b.WriteString("\nUse it\n")
	for _, line := range done.Use {
		fmt.Fprintf(&b, "  %s\n", clean(line))
	}
	_, err := fmt.Fprint(p.out, b.String())
	return err
}
