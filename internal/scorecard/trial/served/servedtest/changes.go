package servedtest

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

// Publishes is a good repository that publishes in another way.
func Publishes(f func(g *Registry, as scorecard.Credential, r scorecard.Release) scorecard.Answer) func(*Registry) scorecard.Acts {
	return func(g *Registry) scorecard.Acts {
		return trialtest.Acts{Otherwise: g, OnPublish: func(_ context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
			return f(g, as, r)
		}}
	}
}

// Removes is one that removes in another way.
func Removes(f func(g *Registry, name, version string) scorecard.Answer) func(*Registry) scorecard.Acts {
	return func(g *Registry) scorecard.Acts {
		return trialtest.Acts{Otherwise: g, OnRemove: func(_ context.Context, _ scorecard.Credential, name, version, _ string) scorecard.Answer {
			return f(g, name, version)
		}}
	}
}

// Sets is one that sets statuses in another way.
func Sets(f func(g *Registry, name, version string, s assay.Status, reason string) scorecard.Answer) func(*Registry) scorecard.Acts {
	return func(g *Registry) scorecard.Acts {
		return trialtest.Acts{Otherwise: g, OnSetStatus: func(_ context.Context, _ scorecard.Credential, name, version string, s assay.Status, reason string) scorecard.Answer {
			return f(g, name, version, s, reason)
		}}
	}
}

// Lists is one whose listings are changed before they are answered.
func Lists(f func(l *scorecard.Listing)) func(*Registry) scorecard.Acts {
	return func(g *Registry) scorecard.Acts {
		return trialtest.Acts{Otherwise: g, OnListing: func(ctx context.Context, as scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
			l, a := g.Listing(ctx, as, name)
			if a.Verdict == scorecard.Accepted {
				f(&l)
			}
			return l, a
		}}
	}
}

// Serves is one that hands files out in another way.
func Serves(f func(g *Registry, name, version string) (scorecard.File, scorecard.Answer)) func(*Registry) scorecard.Acts {
	return func(g *Registry) scorecard.Acts {
		return trialtest.Acts{Otherwise: g, OnFile: func(_ context.Context, _ scorecard.Credential, name, version string) (scorecard.File, scorecard.Answer) {
			return f(g, name, version)
		}}
	}
}

// good is who asks when a change passes a call on.
func (g *Registry) good() (context.Context, scorecard.Credential) {
	return context.Background(), scorecard.Credential{Who: "publisher", Secret: "good_publisherpublisherpublisher"}
}

// Takes publishes as a good repository does.
func (g *Registry) Takes(r scorecard.Release) scorecard.Answer {
	ctx, as := g.good()
	return g.Publish(ctx, as, r)
}

// Marks sets a status as a good repository does.
func (g *Registry) Marks(name, version string, s assay.Status, reason string) scorecard.Answer {
	ctx, as := g.good()
	return g.SetStatus(ctx, as, name, version, s, reason)
}

// Hands hands a file out as a good repository does.
func (g *Registry) Hands(name, version string) (scorecard.File, scorecard.Answer) {
	ctx, as := g.good()
	return g.File(ctx, as, name, version)
}

// Deletes removes as a good repository does.
func (g *Registry) Deletes(name, version, reason string) scorecard.Answer {
	ctx, as := g.good()
	return g.Remove(ctx, as, name, version, reason)
}

// Anyway hands out what is stored, whatever was said of it.
func (g *Registry) Anyway(name, version string) (scorecard.File, scorecard.Answer) {
	if found := g.packages[name][version]; found != nil {
		return scorecard.File{Body: found.body}, trialtest.Accepted
	}
	return g.Hands(name, version)
}

// yes says yes to everything and does nothing, as a web server that answers
// every address does.
func yes() scorecard.Acts {
	return trialtest.Acts{
		Otherwise: trialtest.Missing(),
		OnPublish: func(context.Context, scorecard.Credential, scorecard.Release) scorecard.Answer {
			return trialtest.Accepted
		},
		OnRemove: func(context.Context, scorecard.Credential, string, string, string) scorecard.Answer {
			return trialtest.Accepted
		},
		OnSetStatus: func(context.Context, scorecard.Credential, string, string, assay.Status, string) scorecard.Answer {
			return trialtest.Accepted
		},
		OnReport: func(context.Context, scorecard.Credential, string, string, string) scorecard.Answer {
			return trialtest.Accepted
		},
		OnBlock:   func(context.Context, string, string) scorecard.Answer { return trialtest.Accepted },
		OnUnblock: func(context.Context, string) scorecard.Answer { return trialtest.Accepted },
		OnClaim:   func(context.Context, string) scorecard.Answer { return trialtest.Accepted },
		OnAdvise:  func(context.Context, string, string) scorecard.Answer { return trialtest.Accepted },
		OnEvents: func(context.Context, scorecard.Credential) ([]string, scorecard.Answer) {
			return nil, trialtest.Accepted
		},
		OnListing: func(_ context.Context, _ scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
			return scorecard.Listing{Name: name}, trialtest.Accepted
		},
		OnFile: func(context.Context, scorecard.Credential, string, string) (scorecard.File, scorecard.Answer) {
			return scorecard.File{}, trialtest.Absent
		},
	}
}
