package api

import (
	"encoding/json"
	"net/http"

	"strings"

	"assay.invalid/internal/assay"
)

// operation is one thing that can be asked. The table of operations is the
// one source: requests are routed by it, and the OpenAPI document is made of
// it, so that neither can say what the other does not.
type operation struct {
	method string
	// path below Prefix; a last segment in braces is a variable.
	path string
	// open may be asked from the network by whoever may read packages, known
	// by whoever has said who they are; the rest is an administrator's.
	open    bool
	known   bool
	does    string // "List the blocks in force."
	query   []argument
	body    any  // a value of the body's type; nil: none
	answer  any  // a value of the answer's type
	streams bool // lines of progress, then the answer
	upload  bool // the body is bytes and not JSON
	do      func(h *Handler, r *http.Request, rest string) (any, error)
}

// argument is a query parameter.
type argument struct {
	name, meaning string
	required      bool
	number        bool
}

var (
	pageArguments = []argument{
		{name: "after", meaning: "the cursor that the page before named as next"},
		{name: "limit", meaning: "how many items, from 1 to 200; 50 if left out", number: true},
	}
	purlArgument = []argument{{name: "purl", meaning: "a package URL, with a version or without: pkg:npm/lodash@4.17.21", required: true}}
)

func which(meaning string) []argument {
	return []argument{{name: "which", meaning: meaning, required: true}}
}

// operations are all, in the order in which they are documented. It is a
// function because the table names functions that use it.
func operations() []operation {
	return []operation{
		{method: "GET", path: "search", open: true, do: search, answer: Found{}, does: "Find packages that this place knows.",
			query: append([]argument{{name: "q", meaning: "words or parts of a name; all if left out"}, {name: "registry", meaning: "one registry only"}}, pageArguments...)},
		{method: "GET", path: "packages", open: true, do: packages, answer: PackageView{}, query: purlArgument,
			does: "Tell all about a package or a version: decisions, facts, statuses, events."},
		{method: "GET", path: "explain", open: true, do: explain, answer: assay.Explanation{}, query: purlArgument,
			does: "Explain the decision on a version, or on every version of a package."},
		{method: "GET", path: "why/{id}", open: true, do: why, answer: assay.Explanation{},
			does: "Explain the decision behind the address in a refusal."},
		{method: "GET", path: "decisions", open: true, do: decisions, answer: Decisions{}, does: "List refusals and warnings, the latest first.",
			query: append([]argument{{name: "rule", meaning: "one rule only"}, {name: "registry", meaning: "one registry only"},
				{name: "effect", meaning: "deny, warn, would deny or would warn"}}, pageArguments...)},
		{method: "GET", path: "traffic", open: true, do: traffic, answer: Traffic{}, does: "Count what passed and what was refused in the last hour."},
		{method: "GET", path: "rules", open: true, do: rules, answer: Rules{}, does: "List the rules in force, and what each refused or would have refused."},

		{method: "GET", path: "policy", do: policy, answer: Policy{}, does: "Show the policy in force."},
		{method: "PUT", path: "policy", do: applyPolicy, body: policyText{}, answer: Policy{}, does: "Check a policy file and put it in force."},
		{method: "PUT", path: "policy/mode", do: setMode, body: ruleMode{}, answer: Policy{}, does: "Switch a rule between enforce and observe."},
		{method: "POST", path: previewPath, do: preview, body: NewPreview{}, answer: Preview{}, streams: true,
			does: "Say what a policy file that is not in force would have done to recorded traffic."},

		{method: "GET", path: "blocks", do: blocks, answer: []Block{}, does: "List the blocks in force."},
		{method: "POST", path: "blocks", do: block, body: NewBlock{}, answer: Block{}, does: "Refuse every version in a pattern."},
		{method: "DELETE", path: "blocks", do: unblock, answer: []Block{}, query: which("the block's id, or its pattern as written"), does: "End blocks."},
		{method: "GET", path: "exceptions", do: exceptions, answer: []Exception{}, does: "List the exceptions in force."},
		{method: "POST", path: "exceptions", do: except, body: NewException{}, answer: Exception{}, does: "Let one version through one rule."},
		{method: "DELETE", path: "exceptions", do: unexcept, answer: []Exception{}, query: which("the exception's id, or its package URL"), does: "Revoke exceptions."},
		{method: "GET", path: "claims", do: claims, answer: []Claim{}, does: "List the names that belong to hosted packages alone."},
		{method: "POST", path: "claims", do: claim, body: NewClaim{}, answer: Claim{}, does: "Claim a name or a pattern of names."},
		{method: "DELETE", path: "claims", do: unclaim, answer: Claim{}, query: which("the claim's id, or its pattern as written"), does: "End a claim."},
		{method: "PUT", path: "standing", do: setStatus, body: newStanding{}, answer: StatusChange{}, does: "Give a version a status: yanked, quarantined, removed ..."},
		{method: "POST", path: "erasures", do: erase, body: NewErasure{}, answer: StatusChange{}, does: "Destroy the bytes of a removed version."},
		{method: "POST", path: "removals", do: removeMalicious, body: NewMalicious{}, answer: MaliciousRemoval{}, does: "Remove a version because it is malicious, and write an advisory that says so."},
		{method: "GET", path: "advisories/own", open: true, do: ownAdvisories, answer: []OwnAdvisory{}, does: "List the advisories that were written here, in the OSV format."},
		{method: "GET", path: "held", known: true, do: held, answer: []Held{}, query: []argument{allArgument}, does: "List publications that are held, because their names look like others."},
		{method: "POST", path: "held/appeal", known: true, do: appealHeld, body: HeldAnswer{}, answer: Held{}, does: "Say why the name of a publication that is held is right."},
		{method: "POST", path: "held/release", do: releaseHeld, body: HeldAnswer{}, answer: HeldRelease{}, does: "Publish what is held."},
		{method: "POST", path: "held/refuse", do: refuseHeld, body: HeldAnswer{}, answer: Held{}, does: "Refuse what is held, for good."},
		{method: "GET", path: "reports", known: true, do: reports, answer: []Report{}, query: []argument{allArgument}, does: "List what was said against versions."},
		{method: "POST", path: "reports", known: true, do: report, body: NewReport{}, answer: Report{}, does: "Report a version."},
		{method: "POST", path: "reports/close", do: closeReport, body: ReportAnswer{}, answer: Report{}, does: "Answer a report."},
		{method: "GET", path: "sources/{kind}", do: sources, answer: []Source{}, does: "List the sources of advisories, or the lists of what is known to be bad (kind: advisories or known-bad)."},
		{method: "POST", path: "sources/{kind}", do: addSource, body: NewSource{}, answer: Source{}, does: "Add a source or list; it is read, and in force, before the answer. Paths are taken over the socket alone."},
		{method: "DELETE", path: "sources/{kind}", do: removeSource, answer: Source{}, query: which("the source's name"), does: "End a source or list."},
		{method: "POST", path: "refreshes/{kind}", do: refreshSources, body: sourceName{}, answer: []Source{}, does: "Read one source anew, or all of the kind."},
		{method: "GET", path: "exposure", do: exposure, answer: Exposure{}, does: "Tell what here had something, and who fetched it.",
			query: []argument{{name: "subject", meaning: "the id of an advisory, a version, or a pattern: pkg:npm/lodash@<4.17.21", required: true}}},
		{method: "PUT", path: uploadPath + "/{place}", open: true, do: publish, upload: true, answer: Published{}, does: "Publish a Go module, as a module zip.",
			query: []argument{{name: "module", meaning: "the module's path, as in its go.mod", required: true}, {name: "version", meaning: "v1.2.3", required: true}}},

		{method: "GET", path: "tokens", do: tokens, answer: []Token{}, does: "List tokens, ended ones too, without their secrets."},
		{method: "POST", path: "tokens", do: createToken, body: NewToken{}, answer: CreatedToken{}, does: "Make a token; its secret is in the answer and never again."},
		{method: "POST", path: "tokens/revoke", do: revokeToken, body: tokenEnd{}, answer: Token{}, does: "End a token."},
		{method: "GET", path: "upstreams", do: upstreams, answer: []Upstream{}, does: "List where each place pulls packages from."},
		{method: "PUT", path: "upstreams/{place}", do: setUpstream, body: originList{}, answer: []Upstream{}, does: "Set where a place pulls packages from."},

		{method: "GET", path: "log/key", do: logKey, answer: LogKey{}, does: "Name the log and the key that signs its checkpoints."},
		{method: "GET", path: "log/entries", do: logEntries, answer: LogPage{}, does: "List entries of the log.",
			query: []argument{{name: "from", meaning: "the first index; the newest entries if left out", number: true}, {name: "limit", meaning: "at most 1000", number: true}}},
		{method: "GET", path: "log/proof", do: logProof, answer: json.RawMessage{}, does: "Give a proof, which stands alone, that an entry is in the log.",
			query: []argument{{name: "purl", meaning: "the version that the entry is about"}, {name: "index", meaning: "the entry's place", number: true}}},
		{method: "POST", path: "log/verify", do: logVerify, body: LogVerification{}, answer: LogReport{}, streams: true, does: "Compute the whole log anew, and compare."},
		{method: "POST", path: "backup", do: backup, body: NewBackup{}, answer: Backup{}, streams: true, does: "Write a backup to a directory of the machine that serves; over the socket alone."},
		{method: "GET", path: "status", do: status, answer: Status{}, does: "Say the state of the server."},
		{method: "GET", path: documentPath, open: true, do: describe, answer: json.RawMessage{}, does: "This document."},
	}
}

// routing finds operations by path and method. It is made once, of the table.
type routing struct {
	exact    map[string]map[string]operation
	variable map[string]map[string]operation // by the path before the variable
}

func newRouting(all []operation) *routing {
	r := &routing{exact: map[string]map[string]operation{}, variable: map[string]map[string]operation{}}
	for _, o := range all {
		in, path := r.exact, o.path
		if head, _, ok := strings.Cut(o.path, "/{"); ok {
			in, path = r.variable, head
		}
		if in[path] == nil {
			in[path] = map[string]operation{}
		}
		in[path][o.method] = o
	}
	return r
}

// find returns the methods of a path, and the part of it that is a variable.
func (r *routing) find(path string) (methods map[string]operation, rest string) {
	if methods, ok := r.exact[path]; ok {
		return methods, ""
	}
	name, rest, _ := strings.Cut(path, "/")
	if rest == "" || strings.Contains(rest, "/") {
		return nil, ""
	}
	return r.variable[name], rest
}
