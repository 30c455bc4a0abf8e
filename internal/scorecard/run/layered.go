package run

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// layered asks the first, and the second where the first has no call.
type layered struct{ first, second scorecard.Acts }

var _ scorecard.Acts = layered{}

func (l layered) Recognise(ctx context.Context) scorecard.Answer {
	a := l.first.Recognise(ctx)
	if a.Verdict == scorecard.NoCall {
		return l.second.Recognise(ctx)
	}
	return a
}

func (l layered) Samples(ctx context.Context, n int) ([]string, scorecard.Answer) {
	v, a := l.first.Samples(ctx, n)
	if a.Verdict == scorecard.NoCall {
		return l.second.Samples(ctx, n)
	}
	return v, a
}

func (l layered) Listing(ctx context.Context, as scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
	v, a := l.first.Listing(ctx, as, name)
	if a.Verdict == scorecard.NoCall {
		return l.second.Listing(ctx, as, name)
	}
	return v, a
}

func (l layered) File(ctx context.Context, as scorecard.Credential, name string, version string) (scorecard.File, scorecard.Answer) {
	v, a := l.first.File(ctx, as, name, version)
	if a.Verdict == scorecard.NoCall {
		return l.second.File(ctx, as, name, version)
	}
	return v, a
}

func (l layered) Advisories(ctx context.Context, as scorecard.Credential, name string, version string) ([]string, scorecard.Answer) {
	v, a := l.first.Advisories(ctx, as, name, version)
	if a.Verdict == scorecard.NoCall {
		return l.second.Advisories(ctx, as, name, version)
	}
	return v, a
}

func (l layered) Publish(ctx context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
	a := l.first.Publish(ctx, as, r)
	if a.Verdict == scorecard.NoCall {
		return l.second.Publish(ctx, as, r)
	}
	return a
}

func (l layered) Remove(ctx context.Context, as scorecard.Credential, name string, version string, reason string) scorecard.Answer {
	a := l.first.Remove(ctx, as, name, version, reason)
	if a.Verdict == scorecard.NoCall {
		return l.second.Remove(ctx, as, name, version, reason)
	}
	return a
}

func (l layered) SetStatus(ctx context.Context, as scorecard.Credential, name string, version string, s assay.Status, reason string) scorecard.Answer {
	a := l.first.SetStatus(ctx, as, name, version, s, reason)
	if a.Verdict == scorecard.NoCall {
		return l.second.SetStatus(ctx, as, name, version, s, reason)
	}
	return a
}

func (l layered) AddOwner(ctx context.Context, as scorecard.Credential, name string, person string) scorecard.Answer {
	a := l.first.AddOwner(ctx, as, name, person)
	if a.Verdict == scorecard.NoCall {
		return l.second.AddOwner(ctx, as, name, person)
	}
	return a
}

func (l layered) Report(ctx context.Context, as scorecard.Credential, name string, version string, reason string) scorecard.Answer {
	a := l.first.Report(ctx, as, name, version, reason)
	if a.Verdict == scorecard.NoCall {
		return l.second.Report(ctx, as, name, version, reason)
	}
	return a
}

func (l layered) SignUp(ctx context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	v, a := l.first.SignUp(ctx, p)
	if a.Verdict == scorecard.NoCall {
		return l.second.SignUp(ctx, p)
	}
	return v, a
}

func (l layered) LogIn(ctx context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	v, a := l.first.LogIn(ctx, p)
	if a.Verdict == scorecard.NoCall {
		return l.second.LogIn(ctx, p)
	}
	return v, a
}

func (l layered) WhoAmI(ctx context.Context, as scorecard.Credential) (string, scorecard.Answer) {
	v, a := l.first.WhoAmI(ctx, as)
	if a.Verdict == scorecard.NoCall {
		return l.second.WhoAmI(ctx, as)
	}
	return v, a
}

func (l layered) ChangePassword(ctx context.Context, as scorecard.Credential, p scorecard.Person, to string) scorecard.Answer {
	a := l.first.ChangePassword(ctx, as, p, to)
	if a.Verdict == scorecard.NoCall {
		return l.second.ChangePassword(ctx, as, p, to)
	}
	return a
}

func (l layered) StartSecondFactor(ctx context.Context, as scorecard.Credential, p scorecard.Person) (string, scorecard.Answer) {
	v, a := l.first.StartSecondFactor(ctx, as, p)
	if a.Verdict == scorecard.NoCall {
		return l.second.StartSecondFactor(ctx, as, p)
	}
	return v, a
}

func (l layered) ConfirmSecondFactor(ctx context.Context, as scorecard.Credential, p scorecard.Person, code string) scorecard.Answer {
	a := l.first.ConfirmSecondFactor(ctx, as, p, code)
	if a.Verdict == scorecard.NoCall {
		return l.second.ConfirmSecondFactor(ctx, as, p, code)
	}
	return a
}

func (l layered) VerifyMail(ctx context.Context, p scorecard.Person) scorecard.Answer {
	a := l.first.VerifyMail(ctx, p)
	if a.Verdict == scorecard.NoCall {
		return l.second.VerifyMail(ctx, p)
	}
	return a
}

func (l layered) MakeToken(ctx context.Context, as scorecard.Credential, p scorecard.Person, w scorecard.Wish) (scorecard.Token, scorecard.Answer) {
	v, a := l.first.MakeToken(ctx, as, p, w)
	if a.Verdict == scorecard.NoCall {
		return l.second.MakeToken(ctx, as, p, w)
	}
	return v, a
}

func (l layered) RevokeToken(ctx context.Context, as scorecard.Credential, key string) scorecard.Answer {
	a := l.first.RevokeToken(ctx, as, key)
	if a.Verdict == scorecard.NoCall {
		return l.second.RevokeToken(ctx, as, key)
	}
	return a
}

func (l layered) ReportToken(ctx context.Context, token string) scorecard.Answer {
	a := l.first.ReportToken(ctx, token)
	if a.Verdict == scorecard.NoCall {
		return l.second.ReportToken(ctx, token)
	}
	return a
}

func (l layered) ExchangeIdentity(ctx context.Context, name string, identity string) (scorecard.Token, scorecard.Answer) {
	v, a := l.first.ExchangeIdentity(ctx, name, identity)
	if a.Verdict == scorecard.NoCall {
		return l.second.ExchangeIdentity(ctx, name, identity)
	}
	return v, a
}

func (l layered) Block(ctx context.Context, pattern string, reason string) scorecard.Answer {
	a := l.first.Block(ctx, pattern, reason)
	if a.Verdict == scorecard.NoCall {
		return l.second.Block(ctx, pattern, reason)
	}
	return a
}

func (l layered) Unblock(ctx context.Context, pattern string) scorecard.Answer {
	a := l.first.Unblock(ctx, pattern)
	if a.Verdict == scorecard.NoCall {
		return l.second.Unblock(ctx, pattern)
	}
	return a
}

func (l layered) Claim(ctx context.Context, name string) scorecard.Answer {
	a := l.first.Claim(ctx, name)
	if a.Verdict == scorecard.NoCall {
		return l.second.Claim(ctx, name)
	}
	return a
}

func (l layered) Advise(ctx context.Context, name string, fixed string) scorecard.Answer {
	a := l.first.Advise(ctx, name, fixed)
	if a.Verdict == scorecard.NoCall {
		return l.second.Advise(ctx, name, fixed)
	}
	return a
}

func (l layered) Events(ctx context.Context, as scorecard.Credential) ([]string, scorecard.Answer) {
	v, a := l.first.Events(ctx, as)
	if a.Verdict == scorecard.NoCall {
		return l.second.Events(ctx, as)
	}
	return v, a
}

func (l layered) Acted(ctx context.Context) ([]string, scorecard.Answer) {
	v, a := l.first.Acted(ctx)
	if a.Verdict == scorecard.NoCall {
		return l.second.Acted(ctx)
	}
	return v, a
}

func (l layered) EraseActed(ctx context.Context) scorecard.Answer {
	a := l.first.EraseActed(ctx)
	if a.Verdict == scorecard.NoCall {
		return l.second.EraseActed(ctx)
	}
	return a
}
