package trialtest

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Acts are written by a test as functions; what is nil is answered by
// Otherwise.
type Acts struct {
	// Otherwise answers the rest: Missing or Dead.
	Otherwise scorecard.Acts

	OnRecognise           func(context.Context) scorecard.Answer
	OnSamples             func(context.Context, int) ([]string, scorecard.Answer)
	OnListing             func(context.Context, scorecard.Credential, string) (scorecard.Listing, scorecard.Answer)
	OnFile                func(context.Context, scorecard.Credential, string, string) (scorecard.File, scorecard.Answer)
	OnAdvisories          func(context.Context, scorecard.Credential, string, string) ([]string, scorecard.Answer)
	OnPublish             func(context.Context, scorecard.Credential, scorecard.Release) scorecard.Answer
	OnRemove              func(context.Context, scorecard.Credential, string, string, string) scorecard.Answer
	OnSetStatus           func(context.Context, scorecard.Credential, string, string, assay.Status, string) scorecard.Answer
	OnAddOwner            func(context.Context, scorecard.Credential, string, string) scorecard.Answer
	OnReport              func(context.Context, scorecard.Credential, string, string, string) scorecard.Answer
	OnSignUp              func(context.Context, scorecard.Person) (scorecard.Credential, scorecard.Answer)
	OnLogIn               func(context.Context, scorecard.Person) (scorecard.Credential, scorecard.Answer)
	OnWhoAmI              func(context.Context, scorecard.Credential) (string, scorecard.Answer)
	OnChangePassword      func(context.Context, scorecard.Credential, scorecard.Person, string) scorecard.Answer
	OnStartSecondFactor   func(context.Context, scorecard.Credential, scorecard.Person) (string, scorecard.Answer)
	OnConfirmSecondFactor func(context.Context, scorecard.Credential, scorecard.Person, string) scorecard.Answer
	OnVerifyMail          func(context.Context, scorecard.Person) scorecard.Answer
	OnMakeToken           func(context.Context, scorecard.Credential, scorecard.Person, scorecard.Wish) (scorecard.Token, scorecard.Answer)
	OnRevokeToken         func(context.Context, scorecard.Credential, string) scorecard.Answer
	OnReportToken         func(context.Context, string) scorecard.Answer
	OnExchangeIdentity    func(context.Context, string, string) (scorecard.Token, scorecard.Answer)
	OnBlock               func(context.Context, string, string) scorecard.Answer
	OnUnblock             func(context.Context, string) scorecard.Answer
	OnClaim               func(context.Context, string) scorecard.Answer
	OnAdvise              func(context.Context, string, string) scorecard.Answer
	OnEvents              func(context.Context, scorecard.Credential) ([]string, scorecard.Answer)
	OnActed               func(context.Context) ([]string, scorecard.Answer)
	OnEraseActed          func(context.Context) scorecard.Answer
}

var _ scorecard.Acts = Acts{}

// Missing has no call for anything.
func Missing() scorecard.Acts { return scorecard.NoActs{} }

// Recognise is OnRecognise.
func (a Acts) Recognise(ctx context.Context) scorecard.Answer {
	if a.OnRecognise == nil {
		return a.Otherwise.Recognise(ctx)
	}
	return a.OnRecognise(ctx)
}

// Samples is OnSamples.
func (a Acts) Samples(ctx context.Context, n int) ([]string, scorecard.Answer) {
	if a.OnSamples == nil {
		return a.Otherwise.Samples(ctx, n)
	}
	return a.OnSamples(ctx, n)
}

// Listing is OnListing.
func (a Acts) Listing(ctx context.Context, as scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
	if a.OnListing == nil {
		return a.Otherwise.Listing(ctx, as, name)
	}
	return a.OnListing(ctx, as, name)
}

// File is OnFile.
func (a Acts) File(ctx context.Context, as scorecard.Credential, name string, version string) (scorecard.File, scorecard.Answer) {
	if a.OnFile == nil {
		return a.Otherwise.File(ctx, as, name, version)
	}
	return a.OnFile(ctx, as, name, version)
}

// Advisories is OnAdvisories.
func (a Acts) Advisories(ctx context.Context, as scorecard.Credential, name string, version string) ([]string, scorecard.Answer) {
	if a.OnAdvisories == nil {
		return a.Otherwise.Advisories(ctx, as, name, version)
	}
	return a.OnAdvisories(ctx, as, name, version)
}

// Publish is OnPublish.
func (a Acts) Publish(ctx context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
	if a.OnPublish == nil {
		return a.Otherwise.Publish(ctx, as, r)
	}
	return a.OnPublish(ctx, as, r)
}

// Remove is OnRemove.
func (a Acts) Remove(ctx context.Context, as scorecard.Credential, name string, version string, reason string) scorecard.Answer {
	if a.OnRemove == nil {
		return a.Otherwise.Remove(ctx, as, name, version, reason)
	}
	return a.OnRemove(ctx, as, name, version, reason)
}

// SetStatus is OnSetStatus.
func (a Acts) SetStatus(ctx context.Context, as scorecard.Credential, name string, version string, s assay.Status, reason string) scorecard.Answer {
	if a.OnSetStatus == nil {
		return a.Otherwise.SetStatus(ctx, as, name, version, s, reason)
	}
	return a.OnSetStatus(ctx, as, name, version, s, reason)
}

// AddOwner is OnAddOwner.
func (a Acts) AddOwner(ctx context.Context, as scorecard.Credential, name string, person string) scorecard.Answer {
	if a.OnAddOwner == nil {
		return a.Otherwise.AddOwner(ctx, as, name, person)
	}
	return a.OnAddOwner(ctx, as, name, person)
}

// Report is OnReport.
func (a Acts) Report(ctx context.Context, as scorecard.Credential, name string, version string, reason string) scorecard.Answer {
	if a.OnReport == nil {
		return a.Otherwise.Report(ctx, as, name, version, reason)
	}
	return a.OnReport(ctx, as, name, version, reason)
}

// SignUp is OnSignUp.
func (a Acts) SignUp(ctx context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	if a.OnSignUp == nil {
		return a.Otherwise.SignUp(ctx, p)
	}
	return a.OnSignUp(ctx, p)
}

// LogIn is OnLogIn.
func (a Acts) LogIn(ctx context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	if a.OnLogIn == nil {
		return a.Otherwise.LogIn(ctx, p)
	}
	return a.OnLogIn(ctx, p)
}

// WhoAmI is OnWhoAmI.
func (a Acts) WhoAmI(ctx context.Context, as scorecard.Credential) (string, scorecard.Answer) {
	if a.OnWhoAmI == nil {
		return a.Otherwise.WhoAmI(ctx, as)
	}
	return a.OnWhoAmI(ctx, as)
}

// ChangePassword is OnChangePassword.
func (a Acts) ChangePassword(ctx context.Context, as scorecard.Credential, p scorecard.Person, to string) scorecard.Answer {
	if a.OnChangePassword == nil {
		return a.Otherwise.ChangePassword(ctx, as, p, to)
	}
	return a.OnChangePassword(ctx, as, p, to)
}

// StartSecondFactor is OnStartSecondFactor.
func (a Acts) StartSecondFactor(ctx context.Context, as scorecard.Credential, p scorecard.Person) (string, scorecard.Answer) {
	if a.OnStartSecondFactor == nil {
		return a.Otherwise.StartSecondFactor(ctx, as, p)
	}
	return a.OnStartSecondFactor(ctx, as, p)
}

// ConfirmSecondFactor is OnConfirmSecondFactor.
func (a Acts) ConfirmSecondFactor(ctx context.Context, as scorecard.Credential, p scorecard.Person, code string) scorecard.Answer {
	if a.OnConfirmSecondFactor == nil {
		return a.Otherwise.ConfirmSecondFactor(ctx, as, p, code)
	}
	return a.OnConfirmSecondFactor(ctx, as, p, code)
}

// VerifyMail is OnVerifyMail.
func (a Acts) VerifyMail(ctx context.Context, p scorecard.Person) scorecard.Answer {
	if a.OnVerifyMail == nil {
		return a.Otherwise.VerifyMail(ctx, p)
	}
	return a.OnVerifyMail(ctx, p)
}

// MakeToken is OnMakeToken.
func (a Acts) MakeToken(ctx context.Context, as scorecard.Credential, p scorecard.Person, w scorecard.Wish) (scorecard.Token, scorecard.Answer) {
	if a.OnMakeToken == nil {
		return a.Otherwise.MakeToken(ctx, as, p, w)
	}
	return a.OnMakeToken(ctx, as, p, w)
}

// RevokeToken is OnRevokeToken.
func (a Acts) RevokeToken(ctx context.Context, as scorecard.Credential, key string) scorecard.Answer {
	if a.OnRevokeToken == nil {
		return a.Otherwise.RevokeToken(ctx, as, key)
	}
	return a.OnRevokeToken(ctx, as, key)
}

// ReportToken is OnReportToken.
func (a Acts) ReportToken(ctx context.Context, token string) scorecard.Answer {
	if a.OnReportToken == nil {
		return a.Otherwise.ReportToken(ctx, token)
	}
	return a.OnReportToken(ctx, token)
}

// ExchangeIdentity is OnExchangeIdentity.
func (a Acts) ExchangeIdentity(ctx context.Context, name string, identity string) (scorecard.Token, scorecard.Answer) {
	if a.OnExchangeIdentity == nil {
		return a.Otherwise.ExchangeIdentity(ctx, name, identity)
	}
	return a.OnExchangeIdentity(ctx, name, identity)
}

// Block is OnBlock.
func (a Acts) Block(ctx context.Context, pattern string, reason string) scorecard.Answer {
	if a.OnBlock == nil {
		return a.Otherwise.Block(ctx, pattern, reason)
	}
	return a.OnBlock(ctx, pattern, reason)
}

// Unblock is OnUnblock.
func (a Acts) Unblock(ctx context.Context, pattern string) scorecard.Answer {
	if a.OnUnblock == nil {
		return a.Otherwise.Unblock(ctx, pattern)
	}
	return a.OnUnblock(ctx, pattern)
}

// Claim is OnClaim.
func (a Acts) Claim(ctx context.Context, name string) scorecard.Answer {
	if a.OnClaim == nil {
		return a.Otherwise.Claim(ctx, name)
	}
	return a.OnClaim(ctx, name)
}

// Advise is OnAdvise.
func (a Acts) Advise(ctx context.Context, name string, fixed string) scorecard.Answer {
	if a.OnAdvise == nil {
		return a.Otherwise.Advise(ctx, name, fixed)
	}
	return a.OnAdvise(ctx, name, fixed)
}

// Events is OnEvents.
func (a Acts) Events(ctx context.Context, as scorecard.Credential) ([]string, scorecard.Answer) {
	if a.OnEvents == nil {
		return a.Otherwise.Events(ctx, as)
	}
	return a.OnEvents(ctx, as)
}

// Acted is OnActed.
func (a Acts) Acted(ctx context.Context) ([]string, scorecard.Answer) {
	if a.OnActed == nil {
		return a.Otherwise.Acted(ctx)
	}
	return a.OnActed(ctx)
}

// EraseActed is OnEraseActed.
func (a Acts) EraseActed(ctx context.Context) scorecard.Answer {
	if a.OnEraseActed == nil {
		return a.Otherwise.EraseActed(ctx)
	}
	return a.OnEraseActed(ctx)
}
