package party

import (
	"regexp"

	"assay.invalid/internal/scorecard"
)

var (
	factorWords = regexp.MustCompile(`(?i)second[- ]factor|two[- ]factor|multi[- ]factor|\b2fa\b|\bmfa\b|\botp\b|\btotp\b|one[- ]time (pass|code)|authenticator|webauthn|security[- ]key|passkey`)
	mailWords   = regexp.MustCompile(`(?i)\be-?mails?\b|\bmail\b|\binbox\b|\b(verif|confirm|prov)\w*\b.{0,20}\baddress|\baddress\b.{0,20}\b(verif|confirm|prov)`)
	waitWords   = regexp.MustCompile(`(?i)too (many|fast|often)|slow down|try again (later|in)|rate.?limit|\blocked\b`)
)

// AsksForFactor reports whether an answer asks for a second factor, by its
// own sign or in its words.
func AsksForFactor(a scorecard.Answer) bool {
	return a.SecondFactor || factorWords.MatchString(a.Reason)
}

// SpeaksOfMail reports whether an answer's words name the person's address.
func SpeaksOfMail(a scorecard.Answer) bool { return mailWords.MatchString(a.Reason) }

// HoldsOff reports whether an answer holds somebody off who tries too often: a
// status that says so, or a no that does in words.
func HoldsOff(a scorecard.Answer) bool {
	return a.Verdict == scorecard.Throttled || a.Verdict == scorecard.Refused && waitWords.MatchString(a.Reason)
}
