package wall

import (
	"context"

	"assay.invalid/internal/scorecard/assess"
)

// correct is the page on how to read the wall, and how to correct it.
func (b *builder) correct(context.Context) error {
	type stateMeans struct {
		State assess.State
		Means string
	}
	type degreeMeans struct {
		Known assess.Knowledge
		Means string
	}
	return b.page("correct.html", "correct.html", struct {
		frame
		States   []stateMeans
		Degrees  []degreeMeans
		Warnings []placed
	}{
		frame: b.frame("Correct an entry", "How to read the wall, and how to correct what is wrong on it.", "", "correct.html"),
		States: []stateMeans{
			{assess.Met, "The capability’s statement is true of it."},
			{assess.Partial, "A part of it is true, or it is true of a part of the packages; the note says which."},
			{assess.Planned, "It is not true yet, and somebody says that it will be."},
			{assess.NotMet, "A source says, or a check found, that it is not true."},
			{assess.NotApplicable, "A repository of this kind is not asked for it; that follows from the taxonomy alone."},
			{assess.Unknown, "Nobody on this wall knows. It is not a no, and is never counted as one."},
		},
		Degrees: []degreeMeans{
			{assess.Stated, "Somebody says so, and no public document shows it; an answer to a survey is no more."},
			{assess.Documented, "A public document says so, and is named with its date."},
			{assess.Probed, "A check of ours found it, and what it asked and was answered is on the card."},
			{assess.Witnessed, "Another party ran the check, found the same, and signed."},
		},
		Warnings: placedOf(b.Warnings),
	})
}
