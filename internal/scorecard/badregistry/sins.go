package badregistry

import "assay.invalid/internal/assay"

// Sin is the name of one thing that a package repository can do wrong.
type Sin string

// The sins.
const (
	NoDigests            Sin = "no-digests"
	WeakDigests          Sin = "weak-digests"
	DigestMismatch       Sin = "digest-mismatch"
	NoTUF                Sin = "no-tuf"
	TUFExpired           Sin = "tuf-expired"
	TUFBrokenChain       Sin = "tuf-broken-chain"
	OneRootKey           Sin = "one-root-key"
	FilesChange          Sin = "files-change"
	NoEvents             Sin = "no-events"
	LogLies              Sin = "log-lies"
	NoWitness            Sin = "no-witness"
	AdvisoriesNotOSV     Sin = "advisories-not-osv"
	NoReportLink         Sin = "no-report-link"
	PageHidesAdvisories  Sin = "page-hides-advisories"
	PageHidesProvenance  Sin = "page-hides-provenance"
	NoSecurityTxt        Sin = "no-security-txt"
	SecurityTxtExpired   Sin = "security-txt-expired"
	ReleasesBare         Sin = "releases-bare"
	NoHSTS               Sin = "no-hsts"
	OldTLS               Sin = "old-tls"
	NoAssessment         Sin = "no-assessment"
	CardTampered         Sin = "card-tampered"
	NoCard               Sin = "no-card"
	AuditEmpty           Sin = "audit-empty"
	UnverifiedMail       Sin = "unverified-mail"
	NoSecondFactor       Sin = "no-second-factor"
	SecondFactorNotAsked Sin = "second-factor-not-asked"
	SilentChanges        Sin = "silent-changes"
	NoThrottling         Sin = "no-throttling"
	AnyTokenWorks        Sin = "any-token-works"
	FactorNotRequired    Sin = "factor-not-required"
	TakesLeakedPasswords Sin = "takes-leaked-passwords"
	TokenForAll          Sin = "token-for-all"
	UnprefixedTokens     Sin = "unprefixed-tokens"
	NoTokenChecksum      Sin = "no-token-checksum"
	TokensForEver        Sin = "tokens-for-ever"
	ExpiredTokenWorks    Sin = "expired-token-works"
	PublisherIsAdmin     Sin = "publisher-is-admin"
	ForgedIdentity       Sin = "forged-identity"
	LeakedTokenLives     Sin = "leaked-token-lives"
	NoAuditLog           Sin = "no-audit-log"
	AuditErasable        Sin = "audit-erasable"
	NoTyposquatCheck     Sin = "no-typosquat-check"
	ConfusablesDiffer    Sin = "confusables-differ"
	OpenNamespaces       Sin = "open-namespaces"
	UnprovenNamespaces   Sin = "unproven-namespaces"
	NamesFallThrough     Sin = "names-fall-through"
	NamesReusable        Sin = "names-reusable"
	VersionsReusable     Sin = "versions-reusable"
	NothingReserved      Sin = "nothing-reserved"
	MutableMetadata      Sin = "mutable-metadata"
	MutableVersions      Sin = "mutable-versions"
	NoTombstones         Sin = "no-tombstones"
	YankDestroys         Sin = "yank-destroys"
	YankIgnored          Sin = "yank-ignored"
	ForgedProvenance     Sin = "forged-provenance"
	TypedLinks           Sin = "typed-links"
	TypedMetadata        Sin = "typed-metadata"
	SilentTakedown       Sin = "silent-takedown"
	ReportsRefused       Sin = "reports-refused"
	TakesMalware         Sin = "takes-malware"
	TakesAnyArchive      Sin = "takes-any-archive"
	QuarantineDestroys   Sin = "quarantine-destroys"
	QuarantineIgnored    Sin = "quarantine-ignored"
	NoSignal             Sin = "no-signal"
	BlockIgnored         Sin = "block-ignored"
	NoCooldown           Sin = "no-cooldown"
	CooldownBlind        Sin = "cooldown-blind"
	OneUpstream          Sin = "one-upstream"
)

// Description says what a sin is and who must notice it.
type Description struct {
	Sin Sin
	// What it does wrong, in one sentence.
	What string
	// Fails are the checks that must not hold on a registry with this sin.
	Fails []string
	// Only are the ecosystems through which alone it shows; none means all.
	Only []assay.Ecosystem
}

// Sins describes all of them.
func Sins() []Description {
	return []Description{
		{NoDigests, "versions are listed without any digest", []string{"digests-in-metadata", "lockfile-with-hashes"}, nil},
		{WeakDigests, "versions are listed with SHA-1 or MD5 alone", []string{"digests-in-metadata"}, []assay.Ecosystem{assay.NPM, assay.PyPI, assay.Maven}},
		{DigestMismatch, "the digest that is listed is that of other bytes than the file's", []string{"digests-in-metadata"}, nil},
		{NoTUF, "there is no TUF metadata", []string{"signed-metadata", "threshold-root-keys"}, nil},
		{TUFExpired, "the TUF timestamp ran out a month ago", []string{"signed-metadata"}, nil},
		{TUFBrokenChain, "the TUF timestamp names a snapshot other than the one that is served", []string{"signed-metadata"}, nil},
		{OneRootKey, "the TUF root is signed by one key, and one is enough", []string{"threshold-root-keys"}, nil},
		{FilesChange, "every download of a file gives other bytes", []string{"lockfile-with-hashes"}, nil},
		{NoEvents, "the event log answers 403 to everybody", []string{"event-log-public", "mirrors-supported"}, nil},
		{LogLies, "the checkpoint signs a root that the tiles do not give", []string{"transparency-log-merkle"}, nil},
		{NoWitness, "no witness has signed the checkpoint", []string{"transparency-log-merkle"}, nil},
		{AdvisoriesNotOSV, "the advisories on malware are in a form of their own", []string{"malware-advisories-osv"}, nil},
		{NoReportLink, "a package's page offers no way to report it", []string{"report-malware-ui"}, nil},
		{PageHidesAdvisories, "a package's page is silent about its known vulnerabilities", []string{"vulnerability-warnings-ui"}, nil},
		{PageHidesProvenance, "a package's page is silent about attestations, and about their lack", []string{"provenance-displayed"}, nil},
		{NoSecurityTxt, "there is no security.txt", []string{"security-txt"}, nil},
		{SecurityTxtExpired, "security.txt ran out a year ago", []string{"security-txt"}, nil},
		{ReleasesBare, "the server's own releases come without provenance and SBOM", []string{"own-build-provenance"}, nil},
		{NoHSTS, "answers over TLS carry no Strict-Transport-Security", []string{"transport-security"}, nil},
		{OldTLS, "TLS 1.0 and 1.1 are still spoken", []string{"transport-security"}, nil},
		{NoAssessment, "there is no self-assessment", []string{"self-assessment-published"}, nil},
		{CardTampered, "the card was changed after it was signed", []string{"assessment-verifiable"}, nil},
		{NoCard, "there is no card", []string{"assessment-verifiable"}, nil},
		{AuditEmpty, "the audit call knows of no vulnerability at all", []string{"audit-call"}, nil},
		{UnverifiedMail, "who signs up may publish before the address is verified", []string{"email-verified"}, nil},
		{NoSecondFactor, "what is offered as second factor is none: its secret has 8 bits, and whoever sees a code or two knows it", []string{"mfa-totp"}, nil},
		{SecondFactorNotAsked, "a log-in without a code is accepted although a second factor is set up", []string{"mfa-totp"}, nil},
		{SilentChanges, "a changed password is told to nobody", []string{"critical-change-notification"}, nil},
		{NoThrottling, "passwords and tokens may be guessed without end", []string{"guess-passwords", "guess-tokens"}, nil},
		{AnyTokenWorks, "any token that nobody knows is taken for the publisher's", []string{"guess-tokens"}, nil},
		{FactorNotRequired, "who signs up may publish without a second factor", []string{"mfa-required-all"}, nil},
		{TakesLeakedPasswords, "the most notorious passwords are accepted", []string{"leaked-credential-check"}, nil},
		{TokenForAll, "a token publishes whatever its limits say", []string{"token-package-scoped"}, nil},
		{UnprefixedTokens, "tokens are bare hexadecimal digits", []string{"token-prefix"}, nil},
		{NoTokenChecksum, "tokens have a prefix and end in random letters instead of a checksum", []string{"token-prefix"}, nil},
		{TokensForEver, "tokens never expire unless one asks for it", []string{"token-expiry"}, nil},
		{ExpiredTokenWorks, "tokens work after they expired", []string{"token-expiry"}, nil},
		{PublisherIsAdmin, "a credential for publishing makes wider tokens, claims names and adds owners", []string{"rbac-roles"}, nil},
		{ForgedIdentity, "the signature of an identity token is not looked at", []string{"trusted-publishing"}, nil},
		{LeakedTokenLives, "a token reported as leaked goes on working", []string{"leaked-token-revoked"}, nil},
		{NoAuditLog, "acts of administrators are not written down", []string{"admin-audit-log"}, nil},
		{AuditErasable, "an administrator can erase the audit log's newest entry", []string{"admin-audit-log"}, nil},
		{NoTyposquatCheck, "names next to popular ones are taken", []string{"typosquat-at-publish"}, nil},
		{ConfusablesDiffer, "names that differ in separators or case alone are different packages, for anybody to take", []string{"confusable-names"}, nil},
		{OpenNamespaces, "anybody with a token publishes in anybody's namespace", []string{"namespaces"}, nil},
		{UnprovenNamespaces, "a namespace named after a domain is given to who asks first", []string{"namespace-ownership-verified"}, nil},
		{NamesFallThrough, "claimed and hosted names are asked for upstream as well, and the versions mixed", []string{"dependency-confusion"}, nil},
		{NamesReusable, "the name of a removed package is free for anybody, with all its versions", []string{"name-reuse"}, nil},
		{VersionsReusable, "a removed version can be published again with other bytes", []string{"removed-version-reuse"}, nil},
		{NothingReserved, "names of the standard library and of the server's own paths are given to publishers", []string{"reserved-names"}, nil},
		{MutableMetadata, "publishing a version again changes what is said of it", []string{"publish-twice"}, []assay.Ecosystem{assay.NPM, assay.Cargo, assay.Maven}},
		{MutableVersions, "publishing a version again replaces its bytes", []string{"other-bytes"}, nil},
		{NoTombstones, "what was removed leaves no trace", []string{"deletion-tombstones"}, nil},
		{YankDestroys, "yanking a version deletes its file", []string{"yank"}, nil},
		{YankIgnored, "yanking a version changes nothing", []string{"yank"}, nil},
		{ForgedProvenance, "an attestation bundle is taken and listed without a look", []string{"build-provenance"}, nil},
		{TypedLinks, "a repository's address that somebody typed is shown as if it were proven", []string{"source-link"}, nil},
		{TypedMetadata, "a homepage and a mail address that somebody typed are shown as if they were proven", []string{"metadata-verified"}, nil},
		{SilentTakedown, "removals are missing from the event log", []string{"takedown-feed"}, nil},
		{ReportsRefused, "reports of malware are refused", []string{"report-malware-api"}, nil},
		{TakesMalware, "uploads are not looked at for malware", []string{"malware-upload"}, nil},
		{TakesAnyArchive, "any bytes are taken as an archive", []string{"malformed-archives"}, nil},
		{QuarantineDestroys, "a quarantined version's file is deleted and does not come back", []string{"quarantine"}, nil},
		{QuarantineIgnored, "quarantining a version changes nothing", []string{"quarantine"}, nil},
		{NoSignal, "what a publisher says of a version's readiness is shown to nobody", []string{"not-for-production"}, nil},
		{BlockIgnored, "what was blocked is served all the same", []string{"consumer-block"}, nil},
		{NoCooldown, "a version is chosen and served the minute it appears upstream", []string{"cooldown"}, nil},
		{CooldownBlind, "the cooldown holds security fixes back like everything else", []string{"cooldown"}, nil},
		{OneUpstream, "only the first address of the upstream is ever asked", []string{"upstream-failover"}, nil},
	}
}
