package trialtest_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
	adminauditlog "assay.invalid/internal/scorecard/trial/admin-audit-log"
	criticalchangenotification "assay.invalid/internal/scorecard/trial/critical-change-notification"
	emailverified "assay.invalid/internal/scorecard/trial/email-verified"
	guesspasswords "assay.invalid/internal/scorecard/trial/guess-passwords"
	guesstokens "assay.invalid/internal/scorecard/trial/guess-tokens"
	leakedcredentialcheck "assay.invalid/internal/scorecard/trial/leaked-credential-check"
	leakedtokenrevoked "assay.invalid/internal/scorecard/trial/leaked-token-revoked"
	mfarequiredall "assay.invalid/internal/scorecard/trial/mfa-required-all"
	mfatotp "assay.invalid/internal/scorecard/trial/mfa-totp"
	rbacroles "assay.invalid/internal/scorecard/trial/rbac-roles"
	tokenexpiry "assay.invalid/internal/scorecard/trial/token-expiry"
	tokenpackagescoped "assay.invalid/internal/scorecard/trial/token-package-scoped"
	tokenprefix "assay.invalid/internal/scorecard/trial/token-prefix"
	trustedpublishing "assay.invalid/internal/scorecard/trial/trusted-publishing"
)

// ofPeople are the trials of people and tokens.
func ofPeople() []scorecard.Check {
	return []scorecard.Check{
		adminauditlog.Check(), criticalchangenotification.Check(), emailverified.Check(), guesspasswords.Check(), guesstokens.Check(),
		leakedcredentialcheck.Check(), leakedtokenrevoked.Check(), mfarequiredall.Check(), mfatotp.Check(), rbacroles.Check(),
		tokenexpiry.Check(), tokenpackagescoped.Check(), tokenprefix.Check(), trustedpublishing.Check(),
	}
}

// FuzzJudge gives trials evidence that somebody made up: cards come from
// others. Each must refuse it or judge it in words, and a judgement of
// nothing must move no state.
func FuzzJudge(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"forged":[{"identity":"one","answer":{"verdict":"refused"}}],"trusted":true,"sound":{"verdict":"accepted"}}`))
	f.Add([]byte(`{"control":{"verdict":"accepted"},"tries":[{"password":"one","answer":{"verdict":"refused","status":400}}]}`))
	f.Add([]byte(`{"control":{"verdict":"accepted"},"guesses":20,"last":{"verdict":"refused"},"after":{"verdict":"accepted"}}`))
	f.Add([]byte(`{"default":{"verdict":"accepted"},"ends":true,"hours":-9223372036854775808}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, c := range ofPeople() {
			found, err := c.Judge(raw)
			if err != nil {
				continue
			}
			known := []scorecard.Outcome{scorecard.Holds, scorecard.Partly, scorecard.Fails, scorecard.CouldNotTell, scorecard.NotSupported}
			if !slices.Contains(known, found.Outcome) || found.Reason == "" {
				t.Errorf("%s judged %s as %q: %q", c.Definition().ID, raw, found.Outcome, found.Reason)
			}
			again, err := c.Judge(raw)
			if err != nil || again != found {
				t.Errorf("%s judged the same evidence twice in two ways", c.Definition().ID)
			}
		}
	})
}

func TestNothingMovesNoState(t *testing.T) {
	for _, c := range ofPeople() {
		found, err := c.Judge(json.RawMessage(`{}`))
		if err != nil || found.Outcome != scorecard.CouldNotTell {
			t.Errorf("%s judged nothing as %s, %v", c.Definition().ID, found.Outcome, err)
		}
		if _, err := c.Judge(json.RawMessage(`{"something":"else"}`)); err == nil {
			t.Errorf("%s judged evidence of another form", c.Definition().ID)
		}
	}
}

// Whoever runs trials reads these before agreeing.
func TestDefinitionsSayWhatATrialDoes(t *testing.T) {
	for _, c := range ofPeople() {
		d := c.Definition()
		if d.Kind != scorecard.Trial || d.Version < 1 || d.Capability == "" || !strings.HasSuffix(d.Question, "?") || len(d.Creates) == 0 {
			t.Errorf("the definition of %s is not whole: %+v", d.ID, d)
		}
	}
}
