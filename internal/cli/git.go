package cli

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	modzip "golang.org/x/mod/zip"

	"assay.invalid/internal/assay"
)

// repository asks git about the repository that a directory lies in.
type repository struct {
	env []string
	dir string
}

// gitOutput bounds what is read of an answer of git, in bytes. The largest is
// the list of all files.
const gitOutput = 64 << 20

// git asks one question. Errors are NotFound where the machine has no git,
// Canceled, TooLarge, and Invalid where git says no.
func (r repository) git(ctx context.Context, args ...string) ([]byte, error) {
	program, err := exec.LookPath("git") // never one in the directory itself
	if err != nil {
		return nil, assay.Wrap(assay.NotFound, err, "there is no git on this machine to ask for a tag: publish the directory as it is with --version")
	}
	// Asking must neither run the monitor that a checkout's settings name nor
	// take locks that a person's own git then waits for.
	cmd := exec.CommandContext(ctx, program, append([]string{"-c", "core.fsmonitor=false", "--no-optional-locks"}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = append(r.env[:len(r.env):len(r.env)], "PWD="+r.dir)
	said, warned := limitedBuffer{left: gitOutput}, limitedBuffer{left: 4 << 10}
	cmd.Stdout, cmd.Stderr = &said, &warned
	cmd.WaitDelay = 2 * time.Second
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, assay.Wrap(assay.Canceled, ctx.Err(), "stopped while asking git")
	case said.over:
		return nil, assay.Errorf(assay.TooLarge, "git answered more than %d bytes to 'git %s'", gitOutput, args[0])
	case err != nil:
		return nil, assay.Errorf(assay.Invalid, "'git %s' failed: %s", args[0], clean(strings.TrimSpace(warned.text.String())))
	}
	return said.text.Bytes(), nil
}

// limitedBuffer keeps the first bytes that are written to it and swallows the
// rest.
type limitedBuffer struct {
	text bytes.Buffer
	left int
	over bool
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	kept := p[:min(len(p), b.left)]
	b.over = b.over || len(kept) < len(p)
	b.left -= len(kept)
	b.text.Write(kept) // a bytes.Buffer takes everything
	return len(p), nil
}

// root returns the repository's root, and the directory below it with
// slashes, "" at the root.
func (r repository) root(ctx context.Context) (root, below string, err error) {
	out, err := r.git(ctx, "rev-parse", "--show-toplevel")
	if assay.Is(err, assay.NotFound) || assay.Is(err, assay.Canceled) {
		return "", "", err
	}
	if err != nil {
		return "", "", assay.Wrap(assay.Invalid, err, "%s does not lie in a git repository that can be read: publish the directory as it is with --version", r.dir)
	}
	root = strings.TrimSuffix(string(out), "\n")
	if out, err = r.git(ctx, "rev-parse", "--show-prefix"); err != nil {
		return "", "", err
	}
	return root, strings.TrimSuffix(strings.TrimSuffix(string(out), "\n"), "/"), nil
}

// commit returns the commit that a tag means. Naming it by the full name of
// the tag keeps a branch of the same name from being taken for it.
func (r repository) commit(ctx context.Context, tag string) (string, error) {
	out, err := r.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", "refs/tags/"+tag+"^{commit}")
	if assay.Is(err, assay.Canceled) {
		return "", err
	}
	if err != nil {
		return "", assay.Errorf(assay.NotFound, "the git repository has no tag %s: make it with 'git tag %[1]s', or fetch it", tag)
	}
	return strings.TrimSpace(string(out)), nil
}

// show returns a file of a commit.
func (r repository) show(ctx context.Context, commit, name string) ([]byte, error) {
	out, err := r.git(ctx, "cat-file", "blob", commit+":"+name)
	if err != nil && !assay.Is(err, assay.Canceled) && !assay.Is(err, assay.TooLarge) {
		return nil, assay.Errorf(assay.Invalid, "the tag has no %s: there is no Go module there", name)
	}
	return out, err
}

// changed tells whether files that git knows differ from the last commit.
func (r repository) changed(ctx context.Context) (bool, error) {
	out, err := r.git(ctx, "status", "--porcelain", "--untracked-files=no", "--", ".")
	return len(out) > 0, err
}

// beside says how a packed directory differs from what git knows of it: a
// version that cannot be found in the repository, or that carries files
// nobody meant to publish, is better noticed now. Where there is no git or no
// repository there is nothing to say.
func (r repository) beside(ctx context.Context, files []modzip.File) []string {
	tracked, err := r.git(ctx, "ls-files", "-z", "--", ".")
	if err != nil {
		return nil
	}
	known := map[string]bool{}
	for name := range strings.SplitSeq(string(tracked), "\x00") {
		known[name] = true
	}
	var unknown []string
	checked, _ := modzip.CheckFiles(files) // packed already: it has no errors
	for _, name := range checked.Valid {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	var notes []string
	if n := len(unknown); n > 0 {
		const few = 5
		list := strings.Join(unknown[:min(n, few)], ", ")
		if n > few {
			list += ", ..."
		}
		notes = append(notes, fmt.Sprintf("%s in the zip that git does not know (%s): --tag would leave them out", plural(n, "file"), list))
	}
	if changed, err := r.changed(ctx); err == nil && changed {
		notes = append(notes, "the work tree has changes that are not committed; they are published")
	}
	return notes
}
