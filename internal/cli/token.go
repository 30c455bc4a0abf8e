package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

// neverExpires is what --expires takes for no end: words that say what it
// means.
const neverExpires = "never-even-if-it-leaks"

// tokenOptions are the flags of 'token create'.
type tokenOptions struct {
	publish, read []string
	admin, claim  bool
	note, expires string
}

func (p *program) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make and revoke tokens, with which clients say who they are",
	}
	cmd.AddCommand(p.tokenCreateCommand(), p.tokenRevokeCommand())
	group(cmd)
	return cmd
}

func (p *program) tokenCreateCommand() *cobra.Command {
	var o tokenOptions
	cmd := &cobra.Command{
		Use:   "create [--publish PATTERN] [--read PATTERN] [--admin] [--expires MOMENT]",
		Short: "Make a token, and print it once",
		Long: `Make a token, and print it, alone, to the standard output. It is printed this
once: only a digest of it is kept.

A token says what its holder may do beyond what anybody may. One for --publish
may also read what it publishes. Without any grant a token reads what is pulled
through, where anonymous readers are not let in.`,
		Example: `  assay token create --publish 'pkg:npm/@acme/*' --expires 90d
  assay token create --read 'pkg:npm/@acme/*' --note "build machine" > token
  assay token create --admin --expires 8h`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return p.createToken(cmd, o) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.publish, "publish", nil, "packages it may publish, as a `pattern`; may be repeated")
	f.StringArrayVar(&o.read, "read", nil, "hosted packages it may read, as a `pattern`; may be repeated")
	f.BoolVar(&o.admin, "admin", false, "let whoever holds it do all that the operator may, from anywhere")
	f.StringVar(&o.note, "note", "", "what it is for, in `words`")
	f.StringVar(&o.expires, "expires", "90d", "the `moment` when it ends: 30d from now, 2027-01-01, or "+neverExpires)
	f.BoolVar(&o.claim, "claim", false, "claim what it publishes, where that is not claimed yet")
	return cmd
}

func (p *program) createToken(cmd *cobra.Command, o tokenOptions) error {
	ask := api.NewToken{Note: o.note, Publish: o.publish, Read: o.read, Admin: o.admin}
	var err error
	if ask.Expires, ask.NeverExpires, err = p.tokenEnd(o.expires); err != nil {
		return misused(cmd, "--expires: %s", assay.PublicMessage(err))
	}
	n := changing("token create")
	if o.claim {
		n = claiming("token create --claim")
	}
	return p.control(cmd.Context(), n, func(ctx context.Context, c api.Control) error {
		unclaimed, err := unclaimedOf(ctx, c, o.publish)
		if err != nil {
			return err
		}
		if o.claim {
			// Before the token: what cannot be claimed needs an answer first.
			for _, pattern := range unclaimed {
				made, err := c.Claim(ctx, api.NewClaim{Pattern: pattern})
				if err != nil {
					return err
				}
				fmt.Fprintf(p.err, "Claimed %s: nothing of such a name is taken from an upstream any more.\n", clean(made.Pattern))
			}
			unclaimed = nil
		}
		made, err := c.CreateToken(ctx, ask)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(p.out, made.Secret); err != nil {
			return assay.Wrap(assay.Internal, err,
				"the token could not be printed, and it cannot be printed again: end it with 'assay token revoke %s' and make another", made.Token.ID)
		}
		base, err := p.baseOf(ctx, c)
		if err != nil {
			return nil // the token is made and printed; only its use cannot be shown
		}
		p.explainToken(made.Token, base, unclaimed)
		return nil
	})
}

// tokenEnd reads --expires.
func (p *program) tokenEnd(s string) (end time.Time, never bool, err error) {
	switch strings.ToLower(s) {
	case neverExpires:
		return time.Time{}, true, nil
	case "never", "":
		return time.Time{}, false, assay.Errorf(assay.Invalid,
			"a token without an end works for whoever finds it, in whatever backup, years from now: give it one, such as 365d, or accept that with --expires %s", neverExpires)
	}
	end, err = parseUntil(s, p.now())
	return end, false, err
}

// explainToken says, on the standard error, what the token is and how it is
// used: the standard output holds the token alone.
func (p *program) explainToken(t api.Token, base string, unclaimed []string) {
	var b strings.Builder
	ends := "never ends by itself"
	if !t.Expires.IsZero() {
		ends = "ends on " + moment(t.Expires)
	}
	fmt.Fprintf(&b, "\nThis is the token %s. It may %s, and %s. It is not kept here and cannot be shown again.\n", t.ID, clean(mayDo(t)), ends)
	for _, pattern := range unclaimed {
		fmt.Fprintf(&b, "\n%s is not claimed, so nothing of that name can be published yet. Claim it:\n  assay claim '%s'\n", clean(pattern), clean(pattern))
	}
	if rows := useOfToken(t, base); len(rows) > 0 {
		b.WriteString("\nUse it, with the token in place of TOKEN\n")
		_ = columns(&b, rows) // a strings.Builder takes everything
	}
	fmt.Fprintf(&b, "\nEnd it\n  assay token revoke %s\n", t.ID)
	fmt.Fprint(p.err, b.String())
}

// useOfToken are the lines that give a token to those clients that what it
// grants is for.
func useOfToken(t api.Token, base string) [][]string {
	u, err := url.Parse(base)
	if err != nil {
		return nil
	}
	publishes := ecosystemsOf(t.Publish)
	uses := ecosystemsOf(append(append([]string{}, t.Publish...), t.Read...))
	nothingNamed := len(t.Publish)+len(t.Read) == 0
	var rows [][]string
	if nothingNamed || uses[assay.NPM] {
		rows = append(rows, []string{"  npm", "npm config set //" + u.Host + "/npm/:_authToken TOKEN"})
	}
	var netrc []string
	if (nothingNamed || uses[assay.Golang]) && u.Scheme == "https" { // the go command sends it over nothing else
		netrc = append(netrc, "go")
	}
	if nothingNamed || uses[assay.PyPI] {
		netrc = append(netrc, "pip, uv, Poetry")
	}
	if len(netrc) > 0 { // its lines name no port
		rows = append(rows, []string{"  " + strings.Join(netrc, ", "), "echo 'machine " + u.Hostname() + " login assay password TOKEN' >> ~/.netrc"})
	}
	if publishes[assay.Golang] {
		rows = append(rows, []string{"  go", tokenVariable + "=TOKEN assay publish --server " + base + " --tag v1.2.3"})
	}
	if publishes[assay.PyPI] {
		rows = append(rows, []string{"  twine", "TWINE_REPOSITORY_URL=" + base + "pypi/legacy/ TWINE_USERNAME=__token__ TWINE_PASSWORD=TOKEN twine upload dist/*"},
			[]string{"  uv", "UV_PUBLISH_URL=" + base + "pypi/legacy/ UV_PUBLISH_TOKEN=TOKEN uv publish"})
	}
	// An administrator's own token has no place in the settings of a build.
	readsAll := nothingNamed && !t.Admin
	if readsAll || uses[assay.Cargo] {
		index := "CARGO_REGISTRIES_ASSAY_INDEX=sparse+" + base + "cargo/auth/ CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS=cargo:token"
		rows = append(rows, []string{"  cargo", "export " + index + " && echo TOKEN | cargo login --registry assay"})
	}
	if readsAll || uses[assay.Maven] {
		rows = append(rows, []string{"  mvn", "in <servers> of ~/.m2/settings.xml: <server><id>assay</id><username>token</username><password>TOKEN</password></server>"})
	}
	if t.Admin {
		rows = append(rows, []string{"  assay", tokenVariable + "=TOKEN assay tokens --server " + base})
	}
	return rows
}

// ecosystemsOf are those that patterns speak of.
func ecosystemsOf(patterns []string) map[assay.Ecosystem]bool {
	of := map[assay.Ecosystem]bool{}
	for _, pattern := range patterns {
		if eco, err := assay.PatternEcosystem(pattern); err == nil {
			of[eco] = true
		}
	}
	return of
}

// mayDo says what a token grants.
func mayDo(t api.Token) string {
	var parts []string
	if t.Admin {
		parts = append(parts, "do all that the operator may")
	}
	if len(t.Publish) > 0 {
		parts = append(parts, "publish "+strings.Join(t.Publish, " and "))
	}
	if len(t.Read) > 0 {
		parts = append(parts, "read "+strings.Join(t.Read, " and "))
	}
	if len(parts) == 0 {
		return "read what is pulled through"
	}
	return strings.Join(parts, "; ")
}

// unclaimedOf returns those patterns that no claim covers, as they are kept.
// Mistakes in them are said here already, before anything is claimed.
func unclaimedOf(ctx context.Context, c api.Control, publish []string) ([]string, error) {
	if len(publish) == 0 {
		return nil, nil
	}
	known, err := c.Claims(ctx)
	if err != nil {
		return nil, err
	}
	var claims []assay.Pattern
	for _, claim := range known {
		if p, err := grantPattern(claim.Pattern); err == nil { // one of an ecosystem that this binary does not know covers nothing
			claims = append(claims, p)
		}
	}
	var out []string
	for _, text := range publish {
		p, err := grantPattern(text)
		if err != nil {
			return nil, err
		}
		if !covered(p, claims) {
			out = append(out, p.String())
		}
	}
	return out, nil
}

// covered tells whether all that a pattern means is claimed. A star of the
// pattern is matched by a star of the claim alone, so a claim that matches
// the pattern's own text matches all that the pattern does.
func covered(p assay.Pattern, claims []assay.Pattern) bool {
	for _, claim := range claims {
		if claim.MatchesPackage(p.Ecosystem, p.Name) {
			return true
		}
	}
	return false
}

func grantPattern(text string) (assay.Pattern, error) {
	eco, err := assay.PatternEcosystem(text)
	if err != nil {
		return assay.Pattern{}, err
	}
	grammar, ok := grammars().Grammar(eco)
	if !ok {
		return assay.Pattern{}, assay.Errorf(assay.Invalid, "%q is of an ecosystem that is not served here", text)
	}
	return assay.ParsePattern(text, grammar)
}

// baseOf is the address that clients of whoever answers use.
func (p *program) baseOf(ctx context.Context, c api.Control) (string, error) {
	switch known := c.(type) {
	case *api.Client:
		status, err := known.Status(ctx)
		return status.Base, err
	case *control:
		if base := known.house.kept.base; base != "" {
			return base, nil
		}
		return defaultBase, nil
	}
	return "", errors.New("nobody knows the address")
}

func (p *program) tokenRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID|TOKEN",
		Short: "End a token, by its id or by the token itself",
		Long: `End a token. When the command answers, it is let in nowhere any more. A token
that was found somewhere may be given itself: that it then stands in a history
does no harm.`,
		Example: `  assay token revoke t-3f9a2cx7k2mq`,
		Args:    exactly("the id of a token ('assay tokens' lists them), or the token itself"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.control(cmd.Context(), changing("token revoke"), func(ctx context.Context, c api.Control) error {
				ended, err := c.RevokeToken(ctx, args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(p.out, "Revoked %s on %s\n", ended.ID, moment(ended.Revoked))
				return err
			})
		},
	}
}

func (p *program) tokensCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "tokens",
		Short: "List the tokens",
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.control(cmd.Context(), asking("tokens"), func(ctx context.Context, c api.Control) error {
				tokens, err := c.Tokens(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, append([]api.Token{}, tokens...))
				}
				if len(tokens) == 0 {
					fmt.Fprintln(p.out, "There are no tokens.")
					return nil
				}
				rows := [][]string{{"ID", "MAY", "UNTIL", "LAST USED", "SINCE", "BY", "NOTE"}}
				for _, t := range tokens {
					used := ""
					if !t.LastUsed.IsZero() {
						used = moment(t.LastUsed)
					}
					rows = append(rows, []string{t.ID, mayDo(t), p.endOf(t), used, moment(t.Created), t.By, t.Note})
				}
				return table(p.out, rows)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// endOf says when a token ends, or how it has ended.
func (p *program) endOf(t api.Token) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked " + moment(t.Revoked)
	case !t.Expires.IsZero() && !t.Expires.After(p.now()):
		return "expired " + moment(t.Expires)
	}
	return until(t.Expires, "revoked")
}
