package content

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay.invalid/internal/assay"
)

// The signals' ids. They stand in policies and stored scans and never change
// their meaning.
const (
	InstallScriptFetches = "install-script-fetches"
	CredentialRead       = "credential-read"
	ExecutesEncoded      = "executes-encoded"
	DisguisedBinary      = "disguised-binary"
	ObfuscatedCode       = "obfuscated-code"
	BinaryInSource       = "binary-in-source"
	NewInstallScript     = "new-install-script"
	NewNetworkCall       = "new-network-call"
	ScanIncomplete       = "scan-incomplete"
)

// About is what a signal means.
type About struct {
	ID      string
	Meaning string
}

// Signals lists all signals, the gravest first: the order in which a scan
// reports them.
func Signals() []About {
	return []About{
		{InstallScriptFetches, "what runs when the package is installed or built fetches something and runs it"},
		{CredentialRead, "one file reads credentials (key files, tokens, a cloud's metadata, the whole environment) and sends to a fixed address"},
		{ExecutesEncoded, "a long encoded, packed or invisible string is decoded and executed"},
		{DisguisedBinary, "a program for a processor is named like a text or an image"},
		{ObfuscatedCode, "source whose names and strings an obfuscator has hidden"},
		{BinaryInSource, "a program for a processor where source is expected"},
		{NewInstallScript, "installing or building runs code of the package, and the version before did not"},
		{NewNetworkCall, "the package talks to the network, and nothing in the version before did"},
		{ScanIncomplete, "something could not be read to its end; what it holds is unknown"},
	}
}

// ranked orders signals by gravity, then by where they were seen, and keeps
// the first ones.
func ranked(signals []assay.Signal, most int) []assay.Signal {
	rank := make(map[string]int)
	for i, about := range Signals() {
		rank[about.ID] = i
	}
	slices.SortStableFunc(signals, func(a, b assay.Signal) int {
		if a.ID != b.ID {
			return rank[a.ID] - rank[b.ID]
		}
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	if len(signals) <= most {
		return signals
	}
	// An archive full of small finds must not push out that it was not read
	// to its end.
	last := signals[len(signals)-1]
	signals = signals[:most]
	if last.ID == ScanIncomplete {
		signals[most-1] = last
	}
	return signals
}

// shown makes outside text fit for a terminal: printable, on one line, short.
func shown(s string, most int) string {
	var b strings.Builder
	blank := false
	for _, r := range s {
		if b.Len() >= most {
			b.WriteString("...")
			break
		}
		switch {
		case unicode.IsSpace(r):
			blank = b.Len() > 0
			continue
		case r == utf8.RuneError || !unicode.IsPrint(r):
			r = '?'
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
