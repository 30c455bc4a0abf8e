package trialtest

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Dead is a subject that does not answer any more.
func Dead() scorecard.Acts { return dead{} }

type dead struct{}

// gone is its answer to everything.
var gone = scorecard.Answer{Verdict: scorecard.Unclear, Reason: "no answer from registry.example within 5 s"}

var _ scorecard.Acts = dead{}

func (dead) Recognise(context.Context) scorecard.Answer                { return gone }
func (dead) Samples(context.Context, int) ([]string, scorecard.Answer) { return nil, gone }
func (dead) Listing(context.Context, scorecard.Credential, string) (scorecard.Listing, scorecard.Answer) {
	return scorecard.Listing{}, gone
}
func (dead) File(context.Context, scorecard.Credential, string, string) (scorecard.File, scorecard.Answer) {
	return scorecard.File{}, gone
}
func (dead) Advisories(context.Context, scorecard.Credential, string, string) ([]string, scorecard.Answer) {
	return nil, gone
}
func (dead) Publish(context.Context, scorecard.Credential, scorecard.Release) scorecard.Answer {
	return gone
}
func (dead) Remove(context.Context, scorecard.Credential, string, string, string) scorecard.Answer {
	return gone
}
func (dead) SetStatus(context.Context, scorecard.Credential, string, string, assay.Status, string) scorecard.Answer {
	return gone
}
func (dead) AddOwner(context.Context, scorecard.Credential, string, string) scorecard.Answer {
	return gone
}
func (dead) Report(context.Context, scorecard.Credential, string, string, string) scorecard.Answer {
	return gone
}
func (dead) SignUp(context.Context, scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	return scorecard.Credential{}, gone
}
func (dead) LogIn(context.Context, scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	return scorecard.Credential{}, gone
}
func (dead) WhoAmI(context.Context, scorecard.Credential) (string, scorecard.Answer) { return "", gone }
func (dead) ChangePassword(context.Context, scorecard.Credential, scorecard.Person, string) scorecard.Answer {
	return gone
}
func (dead) StartSecondFactor(context.Context, scorecard.Credential, scorecard.Person) (string, scorecard.Answer) {
	return "", gone
}
func (dead) ConfirmSecondFactor(context.Context, scorecard.Credential, scorecard.Person, string) scorecard.Answer {
	return gone
}
func (dead) VerifyMail(context.Context, scorecard.Person) scorecard.Answer { return gone }
func (dead) MakeToken(context.Context, scorecard.Credential, scorecard.Person, scorecard.Wish) (scorecard.Token, scorecard.Answer) {
	return scorecard.Token{}, gone
}
func (dead) RevokeToken(context.Context, scorecard.Credential, string) scorecard.Answer { return gone }
func (dead) ReportToken(context.Context, string) scorecard.Answer                       { return gone }
func (dead) ExchangeIdentity(context.Context, string, string) (scorecard.Token, scorecard.Answer) {
	return scorecard.Token{}, gone
}
func (dead) Block(context.Context, string, string) scorecard.Answer  { return gone }
func (dead) Unblock(context.Context, string) scorecard.Answer        { return gone }
func (dead) Claim(context.Context, string) scorecard.Answer          { return gone }
func (dead) Advise(context.Context, string, string) scorecard.Answer { return gone }
func (dead) Events(context.Context, scorecard.Credential) ([]string, scorecard.Answer) {
	return nil, gone
}
func (dead) Acted(context.Context) ([]string, scorecard.Answer) { return nil, gone }
func (dead) EraseActed(context.Context) scorecard.Answer        { return gone }
