package maven

import (
	"context"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/maven/wire"
)

// sideFile says who vouches, and so what for.
const sideFile = "the side file of the same origin"

// Attest implements ecosystem.Attester. Two side files are asked for, at the
// same time: the SHA-256 that newer publishers send, and the SHA-1 that all
// do, which counts where there is no other. A third would cost a request more
// for a digest that the same origin vouches for anyway. An upstream without
// side files has nothing to say. Signatures are not asked about: they prove
// themselves.
func (f format) Attest(ctx context.Context, file ecosystem.File, world ecosystem.World) ([]assay.Digest, string, error) {
	if file.Source.Path == "" || strings.HasSuffix(file.Name, ".asc") {
		return nil, "", nil
	}
	ctx, cancel := context.WithCancel(ctx)
	weak := make(chan sideAnswer, 1)
	go func() { weak <- fetchSum(ctx, file, "sha1", world) }()
	answer := fetchSum(ctx, file, "sha256", world)
	if !assay.Is(answer.err, assay.NotFound) {
		cancel()
		<-weak // it ends with its context
	} else {
		answer = <-weak
		cancel()
	}
	switch {
	case assay.Is(answer.err, assay.NotFound):
		return nil, "", nil
	case answer.err != nil:
		return nil, "", answer.err
	}
	return []assay.Digest{answer.digest}, sideFile, nil
}

// sideAnswer is what became of one question.
type sideAnswer struct {
	digest assay.Digest
	err    error
}

func fetchSum(ctx context.Context, file ecosystem.File, algorithm string, world ecosystem.World) sideAnswer {
	text, err := world.Fetch(ctx, ecosystem.Source{
		Key: "sum/" + algorithm + "/" + file.Version + "/" + file.Name, Path: file.Source.Path + "." + algorithm, Limit: wire.MaxSum,
	})
	if err != nil {
		return sideAnswer{err: err}
	}
	digest, err := wire.DecodeSum(algorithm, text)
	if err != nil {
		err = assay.Errorf(assay.Unsound, "the upstream's %s.%s is not what it must be: %v", file.Name, algorithm, err)
	}
	return sideAnswer{digest, err}
}
