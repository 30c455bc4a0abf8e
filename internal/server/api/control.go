// Package api is the JSON interface under /api/v1/: its types, the handler
// that serves them, and the client that asks for them. Commands are written
// against Control and do not know whether a server answers over the data
// directory's socket or the same code in their own process.
//
// Whoever can open the data directory is administrator, so calls over the
// socket may change things. So may calls from the network whose token is an
// administrator's; others only read.
package api

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
)

// Control is what one can ask of a data directory.
type Control interface {
	Blocking
	Excepting
	Governing
	Supplying
	Tokening
	Publishing
	Claiming
	Standing
	Holding
	Reporting
	Denouncing
	Informing
	Logging
	Backing
	Browsing
	Previewing
	// Explain takes a package URL of a package or a version.
	Explain(ctx context.Context, purl string) (assay.Explanation, error)
	// Why explains the decision behind a /why/<id> address.
	Why(ctx context.Context, id string) (assay.Explanation, error)
}

// Blocking refuses packages by pattern. When a call returns, the change is in
// force: nothing is handed out any more that it denies.
type Blocking interface {
	Block(ctx context.Context, b NewBlock) (Block, error)
	// Unblock ends blocks by id or by their pattern as written, and returns
	// those that were ended; none is NotFound.
	Unblock(ctx context.Context, idOrPattern string) ([]Block, error)
	Blocks(ctx context.Context) ([]Block, error)
}

// NewBlock asks for a block. Until may be zero.
type NewBlock struct {
	Pattern string    `json:"pattern"`
	Reason  string    `json:"reason"`
	Until   time.Time `json:"until,omitzero"`
}

// Block is a block in force, or one that has run out and is still listed.
type Block struct {
	ID      string    `json:"id"`
	Pattern string    `json:"pattern"`
	Reason  string    `json:"reason"`
	Created time.Time `json:"created,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	By      string    `json:"by,omitempty"`
	// FromPolicy is set for a block that stands in the policy file; it is
	// ended there.
	FromPolicy bool `json:"from_policy,omitempty"`
}

// Excepting lets single versions through single rules.
type Excepting interface {
	Except(ctx context.Context, e NewException) (Exception, error)
	// Unexcept revokes exceptions by id or by package URL.
	Unexcept(ctx context.Context, idOrPURL string) ([]Exception, error)
	Exceptions(ctx context.Context) ([]Exception, error)
}

// NewException asks for an exception. Until may be zero.
type NewException struct {
	Version string    `json:"version"` // package URL with a version
	Rule    string    `json:"rule"`
	Reason  string    `json:"reason"`
	Until   time.Time `json:"until,omitzero"`
}

// Exception lifts one rule's deny of one version.
type Exception struct {
	ID      string    `json:"id"`
	Version string    `json:"version"`
	Rule    string    `json:"rule"`
	Reason  string    `json:"reason"`
	Created time.Time `json:"created"`
	Until   time.Time `json:"until,omitzero"`
	By      string    `json:"by"`
}

// Governing reads and replaces the policy file in force.
type Governing interface {
	Policy(ctx context.Context) (Policy, error)
	// ApplyPolicy checks the text and puts it in force; errors name lines.
	ApplyPolicy(ctx context.Context, text string) (Policy, error)
	// SetMode switches one rule between enforce and observe.
	SetMode(ctx context.Context, rule string, mode assay.Mode) (Policy, error)
}

// Policy is the policy in force.
type Policy struct {
	Epoch   uint64    `json:"epoch"`
	Text    string    `json:"text"` // the YAML in force
	Created time.Time `json:"created,omitzero"`
	By      string    `json:"by,omitempty"`
	Default bool      `json:"default"` // no policy file has been applied yet
	Rules   []Rule    `json:"rules"`
}

// Rule is one rule as it is in force, said in a sentence.
type Rule struct {
	Rule    string     `json:"rule"`
	Mode    assay.Mode `json:"mode"`
	Summary string     `json:"summary"`
}

// Supplying reads and sets the upstreams of the places.
type Supplying interface {
	Upstreams(ctx context.Context) ([]Upstream, error)
	// SetUpstream replaces the origins of a place; none makes it
	// hosted-only.
	SetUpstream(ctx context.Context, place string, origins []Origin) ([]Upstream, error)
}

// Upstream is where a place pulls packages from.
type Upstream struct {
	Place     string          `json:"place"` // "npm", "go"
	Ecosystem assay.Ecosystem `json:"ecosystem"`
	Origins   []Origin        `json:"origins"`
}

// Origin is one upstream origin and its mirrors; layered, first owner wins.
type Origin struct {
	Address string    `json:"address"`
	Mirrors []string  `json:"mirrors,omitempty"`
	Source  string    `json:"source,omitempty"` // who said so
	Set     time.Time `json:"set,omitzero"`
}
