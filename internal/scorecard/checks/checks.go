// Package checks is the one table of what the scorecard can ask and through
// what: its probes and trials, and the protocols. A further check or protocol
// is a folder and a line here.
package checks

import (
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe/assessment-verifiable"
	"assay.invalid/internal/scorecard/probe/audit-call"
	"assay.invalid/internal/scorecard/probe/digests-in-metadata"
	"assay.invalid/internal/scorecard/probe/event-log-public"
	"assay.invalid/internal/scorecard/probe/lockfile-with-hashes"
	"assay.invalid/internal/scorecard/probe/malware-advisories-osv"
	"assay.invalid/internal/scorecard/probe/mirrors-supported"
	"assay.invalid/internal/scorecard/probe/own-build-provenance"
	"assay.invalid/internal/scorecard/probe/provenance-displayed"
	"assay.invalid/internal/scorecard/probe/report-malware-ui"
	"assay.invalid/internal/scorecard/probe/security-txt"
	"assay.invalid/internal/scorecard/probe/self-assessment-published"
	"assay.invalid/internal/scorecard/probe/signed-metadata"
	"assay.invalid/internal/scorecard/probe/threshold-root-keys"
	"assay.invalid/internal/scorecard/probe/transparency-log-merkle"
	"assay.invalid/internal/scorecard/probe/transport-security"
	"assay.invalid/internal/scorecard/probe/vulnerability-warnings-ui"
	"assay.invalid/internal/scorecard/protocol/cargo"
	"assay.invalid/internal/scorecard/protocol/golang"
	"assay.invalid/internal/scorecard/protocol/maven"
	"assay.invalid/internal/scorecard/protocol/npm"
	"assay.invalid/internal/scorecard/protocol/pypi"
	"assay.invalid/internal/scorecard/trial/admin-audit-log"
	"assay.invalid/internal/scorecard/trial/build-provenance"
	"assay.invalid/internal/scorecard/trial/confusable-names"
	"assay.invalid/internal/scorecard/trial/consumer-block"
	"assay.invalid/internal/scorecard/trial/cooldown"
	"assay.invalid/internal/scorecard/trial/critical-change-notification"
	"assay.invalid/internal/scorecard/trial/deletion-tombstones"
	"assay.invalid/internal/scorecard/trial/dependency-confusion"
	"assay.invalid/internal/scorecard/trial/email-verified"
	"assay.invalid/internal/scorecard/trial/guess-passwords"
	"assay.invalid/internal/scorecard/trial/guess-tokens"
	"assay.invalid/internal/scorecard/trial/leaked-credential-check"
	"assay.invalid/internal/scorecard/trial/leaked-token-revoked"
	"assay.invalid/internal/scorecard/trial/malformed-archives"
	"assay.invalid/internal/scorecard/trial/malware-upload"
	"assay.invalid/internal/scorecard/trial/metadata-verified"
	"assay.invalid/internal/scorecard/trial/mfa-required-all"
	"assay.invalid/internal/scorecard/trial/mfa-totp"
	"assay.invalid/internal/scorecard/trial/name-reuse"
	"assay.invalid/internal/scorecard/trial/namespace-ownership-verified"
	"assay.invalid/internal/scorecard/trial/namespaces"
	"assay.invalid/internal/scorecard/trial/not-for-production"
	"assay.invalid/internal/scorecard/trial/other-bytes"
	"assay.invalid/internal/scorecard/trial/publish-twice"
	"assay.invalid/internal/scorecard/trial/quarantine"
	"assay.invalid/internal/scorecard/trial/rbac-roles"
	"assay.invalid/internal/scorecard/trial/removed-version-reuse"
	"assay.invalid/internal/scorecard/trial/report-malware-api"
	"assay.invalid/internal/scorecard/trial/reserved-names"
	"assay.invalid/internal/scorecard/trial/source-link"
	"assay.invalid/internal/scorecard/trial/takedown-feed"
	"assay.invalid/internal/scorecard/trial/token-expiry"
	"assay.invalid/internal/scorecard/trial/token-package-scoped"
	"assay.invalid/internal/scorecard/trial/token-prefix"
	"assay.invalid/internal/scorecard/trial/trusted-publishing"
	"assay.invalid/internal/scorecard/trial/typosquat-at-publish"
	"assay.invalid/internal/scorecard/trial/upstream-failover"
	"assay.invalid/internal/scorecard/trial/yank"
)

// Checks are all probes and trials, probes first, in the order of the
// catalogue's outcomes.
func Checks() []scorecard.Check {
	return []scorecard.Check{
		digestsinmetadata.Check(),
		signedmetadata.Check(),
		thresholdrootkeys.Check(),
		lockfilewithhashes.Check(),
		eventlogpublic.Check(),
		transparencylogmerkle.Check(),
		malwareadvisoriesosv.Check(),
		mirrorssupported.Check(),
		reportmalwareui.Check(),
		vulnerabilitywarningsui.Check(),
		provenancedisplayed.Check(),
		securitytxt.Check(),
		ownbuildprovenance.Check(),
		transportsecurity.Check(),
		selfassessmentpublished.Check(),
		assessmentverifiable.Check(),
		auditcall.Check(),

		emailverified.Check(),
		mfatotp.Check(),
		criticalchangenotification.Check(),
		guesspasswords.Check(),
		guesstokens.Check(),
		mfarequiredall.Check(),
		leakedcredentialcheck.Check(),
		tokenpackagescoped.Check(),
		tokenprefix.Check(),
		tokenexpiry.Check(),
		rbacroles.Check(),
		trustedpublishing.Check(),
		leakedtokenrevoked.Check(),
		adminauditlog.Check(),
		typosquatatpublish.Check(),
		confusablenames.Check(),
		namespaces.Check(),
		namespaceownershipverified.Check(),
		dependencyconfusion.Check(),
		namereuse.Check(),
		removedversionreuse.Check(),
		reservednames.Check(),
		publishtwice.Check(),
		otherbytes.Check(),
		deletiontombstones.Check(),
		yank.Check(),
		buildprovenance.Check(),
		sourcelink.Check(),
		metadataverified.Check(),
		takedownfeed.Check(),
		reportmalwareapi.Check(),
		malwareupload.Check(),
		malformedarchives.Check(),
		quarantine.Check(),
		notforproduction.Check(),
		consumerblock.Check(),
		cooldown.Check(),
		upstreamfailover.Check(),
	}
}

// Config is what protocols must be told.
type Config struct {
	// Go says which checksum database go's digests are looked up in.
	Go golang.Config
}

// Protocols are all that a subject can be scored through.
func Protocols(c Config) []scorecard.Protocol {
	return []scorecard.Protocol{
		npm.New(),
		golang.New(c.Go),
		pypi.New(),
		cargo.New(),
		maven.New(),
	}
}

// ByID finds checks by their ids.
func ByID() map[string]scorecard.Check {
	out := map[string]scorecard.Check{}
	for _, c := range Checks() {
		out[c.Definition().ID] = c
	}
	return out
}

// Definitions are those of all checks, by id.
func Definitions() map[string]scorecard.Definition {
	out := map[string]scorecard.Definition{}
	for _, c := range Checks() {
		out[c.Definition().ID] = c.Definition()
	}
	return out
}
