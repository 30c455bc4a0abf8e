// Package assay starts a throw-away Assay and is its scorecard.Instance.
//
// It runs the binary that it is given as a person would who has just
// installed it: on loopback, with a fresh data directory and the default
// policy. Four things are set, because trials need them: the upstreams are ours,
// the log may be read (--log-public), there is a folder of advisories, and there
// are tokens for an administrator, a publisher and a stranger.
//
// The publisher's token is for every name that is claimed; the stranger's for
// its own claim alone. With a narrower one a trial of names could not tell
// whether a name was refused for what it is or for want of a grant.
//
// What Assay can be asked beyond the package managers' protocols is asked over
// HTTP like by anyone, through the visitor of the check, so that it is
// evidence. An act is tried with the credential that it came with. Where that
// is refused because on this server only an administrator does it, the
// administrator does it for the owner of the name, as would happen here, and
// the exchanges show both. That holds for keeping order (yank, quarantine,
// remove, a token for less than the owner may) and not for what is the
// publisher's to say: a publisher who cannot say "experimental" has no call
// for it.
//
// One version that never was is removed as malicious at the start, so that the
// feed of advisories has something to show.
//
// Advisories come to the server as to any: in a folder of files that it was told
// to read (--advisories). There an act puts one, and tells the server to look.
//
// There is no mail, no issuer of identities, and no call to sign up or to add an
// owner yet: these answer NoCall.
package assay
