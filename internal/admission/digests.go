package admission

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"io"
	"slices"

	"assay.invalid/internal/assay"
)

// digestsStep reads every file once, computes its digests and holds those
// that were sent against them. What differs was damaged on its way, or is not
// what its publisher signed off.
type digestsStep struct{}

func (digestsStep) Name() string { return "digests" }

func (digestsStep) Check(ctx context.Context, c *Candidate) error {
	for i := range c.Files {
		if err := computeDigests(ctx, &c.Files[i]); err != nil {
			return err
		}
		if err := compareDigests(&c.Files[i]); err != nil {
			return err
		}
	}
	return nil
}

// sum is a hash under way and the name of its algorithm.
type sum struct {
	algorithm string
	hash.Hash
}

func computeDigests(ctx context.Context, f *File) error {
	// SHA-1 and MD5 prove nothing; they are computed because old clients of
	// the ecosystems check them, and because a publisher may have sent one.
	sums := []sum{{"sha256", sha256.New()}, {"sha512", sha512.New()}, {"sha1", sha1.New()}}
	for _, sent := range f.Digests {
		switch sent.Algorithm() {
		case "md5":
			sums = append(sums, sum{"md5", md5.New()})
		case "sha384":
			sums = append(sums, sum{"sha384", sha512.New384()})
		}
	}
	writers := make([]io.Writer, len(sums))
	for i := range sums {
		writers[i] = sums[i]
	}
	n, err := io.Copy(io.MultiWriter(writers...), &patient{ctx: ctx, r: io.NewSectionReader(f.Content, 0, f.Size)})
	if err == nil && n != f.Size {
		err = io.ErrUnexpectedEOF
	}
	if ctx.Err() != nil {
		return assay.Wrap(assay.Canceled, context.Cause(ctx), "reading %s was given up", f.Name)
	}
	if err != nil {
		return assay.Wrap(assay.Internal, err, "the uploaded file %s cannot be read", f.Name)
	}
	f.Computed = nil
	for _, s := range sums {
		f.Computed = append(f.Computed, assay.NewDigest(s.algorithm, s.Sum(nil)))
	}
	if f.Structural == nil {
		return nil
	}
	structural, err := f.Structural(ctx)
	f.Computed = append(f.Computed, structural...)
	return err
}

func compareDigests(f *File) error {
	for _, sent := range f.Digests {
		i := slices.IndexFunc(f.Computed, func(d assay.Digest) bool { return d.Algorithm() == sent.Algorithm() })
		switch {
		case i < 0:
			// A digest that nobody can check is a promise nobody keeps.
			return assay.Errorf(assay.Invalid, "the digest %s of %s cannot be checked here", sent, f.Name)
		case f.Computed[i] != sent:
			return assay.Errorf(assay.Invalid, "%s is not what was announced: its %s is %s, and %s was sent with it; pack and publish it again",
				f.Name, sent.Algorithm(), f.Computed[i].Value(), sent.Value())
		}
	}
	return nil
}

// patient stops reading when nobody waits for the result.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}
