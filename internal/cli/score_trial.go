package cli

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/run"
	"assay.invalid/internal/scorecard/visit"
)

// trialOptions are the flags of a run that may act.
type trialOptions struct {
	trial     bool
	tokenFile string
	otherFile string
	names     string
	mayTest   []string
}

func (o *trialOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&o.trial, "trial", false, "also try what must not work, with throw-away packages")
	f.StringVar(&o.tokenFile, "token-file", "", "the `file` that holds a token that may publish throw-away packages")
	f.StringVar(&o.otherFile, "other-token-file", "", "the `file` that holds a token of a second party")
	f.StringVar(&o.names, "trial-name", "", "where throw-away names may be made, as a `pattern` with one *: '@acme/score-*'")
	f.StringArrayVar(&o.mayTest, "i-may-test", nil, "a `host` that you may test, beside this machine; may be repeated")
}

// check finds what contradicts itself, before anything is read or sent.
func (o *trialOptions) check(cmd *cobra.Command) error {
	if !o.trial {
		for _, name := range []string{"token-file", "other-token-file", "trial-name", "i-may-test"} {
			if cmd.Flags().Changed(name) {
				return misused(cmd, "--%s is for trials: add --trial, which tries what must not work", name)
			}
		}
		return nil
	}
	if o.names != "" && strings.Count(o.names, "*") != 1 {
		return misused(cmd, "--trial-name takes one *, where each throw-away name differs: --trial-name '@acme/score-*'")
	}
	for _, h := range o.mayTest {
		if u, err := url.Parse("//" + h); err != nil || u.Hostname() != h && u.Host != "["+h+"]" {
			return misused(cmd, "--i-may-test takes the name of a host and no more, such as registry.example: %q is not one", clean(h))
		}
	}
	return nil
}

// permit refuses a trial of a host that nobody said may be tested. Somebody
// else's repository under trial is somebody under attack. The visitor looks
// again at every dial; this is for the person, before anything is sent.
func (o *trialOptions) permit(cmd *cobra.Command, s scorecard.Subject, plainHTTP bool) error {
	if !o.trial {
		return nil
	}
	for _, address := range s.Addresses {
		if visit.Loopback(address) {
			continue
		}
		u, err := url.Parse(address)
		if err != nil {
			return misused(cmd, "%q is not an address", clean(address))
		}
		host := u.Hostname()
		if !slices.ContainsFunc(o.mayTest, func(h string) bool { return strings.EqualFold(h, host) }) {
			return misused(cmd, "trials do to %s what attackers do, so nothing was sent: they run against this machine, and elsewhere only with --i-may-test %s, if whoever runs it lets you",
				clean(u.Host), clean(host))
		}
		if u.Scheme == "http" && !plainHTTP && (o.tokenFile != "" || o.otherFile != "") {
			return misused(cmd, "http://%s would carry the token unencrypted, and whoever is on the way could read and use it: write https, or accept that with --insecure-plain-http", clean(u.Host))
		}
	}
	return nil
}

// credentials reads the tokens.
func (o *trialOptions) credentials(p *program) (publisher, stranger scorecard.Credential, err error) {
	if publisher, err = p.credential("publisher", o.tokenFile); err != nil {
		return
	}
	if stranger, err = p.credential("stranger", o.otherFile); err != nil {
		return
	}
	if publisher.Secret != "" && publisher.Secret == stranger.Secret {
		err = assay.Errorf(assay.Invalid, "--token-file and --other-token-file hold the same token: the second party must be somebody else, or what it may not do cannot be told")
	}
	return
}

func (p *program) credential(who, file string) (scorecard.Credential, error) {
	if file == "" {
		return scorecard.Credential{}, nil
	}
	p.warnOfReaders(file)
	secret, err := readToken(file)
	switch {
	case err != nil:
		return scorecard.Credential{}, err
	case secret == "":
		return scorecard.Credential{}, assay.Errorf(assay.Invalid, "%s is empty: it must hold a token", file)
	case strings.ContainsFunc(secret, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }):
		// A wrong file may hold another secret, and it would be sent.
		return scorecard.Credential{}, assay.Errorf(assay.Invalid, "%s holds more than a token, so it was not sent: a token is one word", file)
	}
	return scorecard.Credential{Who: who, Secret: secret}, nil
}

// announce says what trials will create and what of it stays.
func (p *program) announce(cfg run.Config) {
	creates, leaves := run.Announcement(cfg)
	if cfg.Instance == nil && (cfg.Publisher.Secret == "" || cfg.Stranger.Secret == "") {
		creates = append(creates, "throw-away people (trial-...), for the parties of which no token was given, where anybody may sign up")
		leaves = append(leaves, "those people, which no call removes")
	}
	var where []string
	for _, a := range cfg.Subject.Addresses {
		where = append(where, clean(a))
	}
	slices.Sort(where)
	fmt.Fprintf(p.err, "Trials at %s will create:\n", strings.Join(where, " and "))
	for _, line := range creates {
		fmt.Fprintf(p.err, "  - %s\n", clean(line))
	}
	if len(leaves) > 0 {
		fmt.Fprint(p.err, "Of that, this cannot be removed afterwards:\n")
		for _, line := range leaves {
			fmt.Fprintf(p.err, "  - %s\n", clean(line))
		}
	}
}
