package logpage

import (
	"crypto/sha256"
	"encoding/base64"
)

// Proof is the way from an entry to the root, worked out.
type Proof struct {
	Index    int64
	Leaf     string // the entry as the tree hashes it
	LeafHash string // base64, as all hashes here
	Steps    []Step
	Result   string // of the last step
	Root     string // that the checkpoint names
	// Holds tells whether the steps are as many as the tree asks for and end
	// in the root.
	Holds bool
}

// Step hashes what there is so far with one more value.
type Step struct {
	Number int
	Left   bool   // the value stands left of what there is so far
	Value  string // the value of the proof
	Gives  string // what comes out
}

// Side is where the value stands.
func (s Step) Side() string {
	if s.Left {
		return "left"
	}
	return "right"
}

// Bytes is how long the entry is.
func (p *Proof) Bytes() int { return len(p.Leaf) }

// WorkOut goes from an entry to the root of a tree of that size (RFC 9162,
// section 2.1.3.2). Whatever it is given, it says only that the proof does
// not hold; nothing of it is trusted.
func WorkOut(leaf string, index, size int64, hashes [][]byte, root []byte) Proof {
	text := base64.StdEncoding.EncodeToString
	// The byte before keeps an inner node from passing for an entry.
	so := sha256.Sum256(append([]byte{0}, leaf...))
	p := Proof{Index: index, Leaf: leaf, LeafHash: text(so[:]), Root: text(root)}
	at, last := index, size-1
	sound := index >= 0 && index < size
	for i, hash := range hashes {
		if !sound || last == 0 || len(hash) != sha256.Size {
			sound = false
			break
		}
		step := Step{Number: i + 1, Left: at&1 == 1 || at == last, Value: text(hash)}
		if step.Left {
			so = node(hash, so[:])
			// A last node without a neighbour goes up as it is.
			for at&1 == 0 && at != 0 {
				at, last = at>>1, last>>1
			}
		} else {
			so = node(so[:], hash)
		}
		at, last = at>>1, last>>1
		step.Gives = text(so[:])
		p.Steps = append(p.Steps, step)
	}
	p.Result = text(so[:])
	p.Holds = sound && last == 0 && p.Result == p.Root
	return p
}

func node(left, right []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write([]byte{1})
	h.Write(left)
	h.Write(right)
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	return sum
}
