package badregistry

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// capabilityIDs are those of the catalogue about which the registry says
// something of itself.
const capabilityIDs = `email-verified recovery-policy-documented mfa-totp critical-change-notification brute-force-protection
mfa-phishing-resistant mfa-required-critical leaked-credential-check abandoned-domain-detection passkey-login mfa-required-all
mfa-phishing-resistant-critical token-package-scoped token-prefix token-expiry rbac-roles organization-accounts
trusted-publishing-oidc secret-scanning-revocation two-person-publish admin-audit-log typosquat-check-at-publish
confusable-normalisation namespaces namespace-ownership-verified dependency-confusion-protection name-reuse-blocked reserved-names
immutable-versions deletion-policy deletion-tombstones yank digests-in-metadata signed-metadata lockfile-with-hashes
build-provenance provenance-displayed source-repo-link-verified metadata-verified source-match rebuild-verification
event-log-public transparency-log-merkle takedown-feed mirror-staleness-visible malware-advisories-osv impact-visible
dependents-on-vulnerable report-malware-ui report-malware-api malware-scanning quarantine-status vulnerability-warnings-ui
not-for-production-signal consumer-block cooldown pinned-installs pinned-by-default install-scripts-off
cli-vulnerability-warning sbom auto-remediation reachability libyears policy-preview dependency-register cdn-failover
mirrors-supported key-management-documented threshold-root-keys backup-restore-tested login-provider-independence status-page
vulnerability-disclosure-policy security-txt periodic-security-audit own-build-provenance transport-security
operator-access-hardened signing-and-build-isolated incident-response-plan staffed-security-role self-assessment-published
assessment-verifiable public-roadmap funding-disclosed community-consulted`

// assessment is what the registry says of itself, in YAML.
func assessment() []byte {
	var b strings.Builder
	b.WriteString("assessment: 1\ncatalogue: \"1.0.0\"\nsubject:\n  name: good registry\nentries:\n")
	for _, id := range strings.Fields(capabilityIDs) {
		b.WriteString("  " + id + ":\n    state: met\n    note: it is made that way for tests\n")
	}
	return []byte(b.String())
}

// signCard makes a card of one finding, signed by a key that it names itself.
func (r *Registry) signCard() ([]byte, error) {
	public, err := asPEM(r.keys.card.Public())
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(r.origin))
	body := sha256.Sum256([]byte("Contact: mailto:security@good.example\n"))
	now := r.now().UTC()
	evidence := scorecard.Evidence{
		Check: "security-txt", Version: 1, Protocol: assay.NPM, Began: now, Ended: now, Seen: json.RawMessage(`{"status":200}`),
		Exchanges: []scorecard.Exchange{{Method: "GET", URL: r.origin + "/.well-known/security.txt", At: now, Took: 1, Status: 200, Bytes: 38,
			Digest: hex.EncodeToString(body[:])}},
	}
	signed, err := envelope(r.keys.card, statement{
		Type: "https://in-toto.io/Statement/v1", Predicate: "https://assay.invalid/scorecard/v1",
		Subject: []attestedTo{{Name: "good registry", Digest: map[string]string{"sha256": hex.EncodeToString(sum[:])}}},
		Content: map[string]any{
			"signer": map[string]any{"name": "good registry", "public_key": public},
			"judged": []scorecard.Judged{{Evidence: evidence, Finding: scorecard.Found(scorecard.Holds, "security.txt has a contact and an end")}},
		},
	})
	if err != nil {
		return nil, err
	}
	if r.sins[CardTampered] {
		payload, err := signed.DecodeB64Payload()
		if err != nil {
			return nil, err
		}
		better := strings.Replace(string(payload), "has a contact", "has the best contact", 1)
		signed.Payload = base64.StdEncoding.EncodeToString([]byte(better))
	}
	return json.Marshal(signed)
}
