package logpage

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	merkle "golang.org/x/mod/sumdb/tlog"
)

// tree is a tree of entries as another implementation builds it.
type tree struct {
	leaves []string
	hashes []merkle.Hash
}

func grow(t testing.TB, n int) *tree {
	t.Helper()
	tr := &tree{}
	for i := range n {
		leaf := fmt.Sprintf("entry %d\n", i)
		more, err := merkle.StoredHashes(int64(i), []byte(leaf), tr)
		if err != nil {
			t.Fatal(err)
		}
		tr.hashes, tr.leaves = append(tr.hashes, more...), append(tr.leaves, leaf)
	}
	return tr
}

// ReadHashes implements merkle.HashReader.
func (tr *tree) ReadHashes(indexes []int64) ([]merkle.Hash, error) {
	out := make([]merkle.Hash, len(indexes))
	for i, at := range indexes {
		out[i] = tr.hashes[at]
	}
	return out, nil
}

func (tr *tree) prove(t testing.TB, index int64) (hashes [][]byte, root []byte) {
	t.Helper()
	size := int64(len(tr.leaves))
	proof, err := merkle.ProveRecord(size, index, tr)
	if err != nil {
		t.Fatal(err)
	}
	top, err := merkle.TreeHash(size, tr)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range proof {
		hashes = append(hashes, bytes.Clone(h[:]))
	}
	return hashes, bytes.Clone(top[:])
}

func TestEveryEntryOfEveryTreeIsProven(t *testing.T) {
	for size := 1; size <= 40; size++ {
		tr := grow(t, size)
		for i, leaf := range tr.leaves {
			hashes, root := tr.prove(t, int64(i))
			p := WorkOut(leaf, int64(i), int64(size), hashes, root)
			if !p.Holds || p.Result != p.Root || len(p.Steps) != len(hashes) {
				t.Fatalf("entry %d of %d: %+v", i, size, p)
			}
			if len(p.Steps) > 0 && p.Steps[len(p.Steps)-1].Gives != p.Root {
				t.Fatalf("entry %d of %d does not end in the root", i, size)
			}
		}
	}
}

func TestWhatIsChangedIsNotProven(t *testing.T) {
	tr := grow(t, 13)
	hashes, root := tr.prove(t, 6)
	for name, p := range map[string]Proof{
		"another entry":        WorkOut(tr.leaves[5], 6, 13, hashes, root),
		"another place":        WorkOut(tr.leaves[6], 5, 13, hashes, root),
		"another size":         WorkOut(tr.leaves[6], 6, 7, hashes, root),
		"a place outside":      WorkOut(tr.leaves[6], 13, 13, hashes, root),
		"a place below zero":   WorkOut(tr.leaves[6], -1, 13, hashes, root),
		"an empty tree":        WorkOut(tr.leaves[6], 0, 0, nil, root),
		"another root":         WorkOut(tr.leaves[6], 6, 13, hashes, make([]byte, 32)),
		"a step less":          WorkOut(tr.leaves[6], 6, 13, hashes[:len(hashes)-1], root),
		"a step more":          WorkOut(tr.leaves[6], 6, 13, append(slices.Clone(hashes), root), root),
		"steps in other order": WorkOut(tr.leaves[6], 6, 13, [][]byte{hashes[1], hashes[0], hashes[2], hashes[3]}, root),
		"a short value":        WorkOut(tr.leaves[6], 6, 13, append([][]byte{hashes[0][:31]}, hashes[1:]...), root),
		// The two hashes of a node, passed off as an entry.
		"a node as an entry": WorkOut("\x01"+string(hashes[0])+string(hashes[0]), 3, 7, hashes[1:], root),
	} {
		if p.Holds {
			t.Errorf("%s is proven: %+v", name, p)
		}
	}
}

// FuzzWorkOut holds that nothing is proven here that another implementation
// does not prove too.
func FuzzWorkOut(f *testing.F) {
	tr := grow(f, 13)
	hashes, root := tr.prove(f, 6)
	f.Add(tr.leaves[6], int64(6), int64(13), bytes.Join(hashes, nil), root)
	f.Add("x", int64(0), int64(1), []byte{}, make([]byte, 32))
	f.Add("x", int64(-5), int64(1)<<62, bytes.Repeat([]byte{7}, 64*32), root)
	f.Fuzz(func(t *testing.T, leaf string, index, size int64, joined, root []byte) {
		var hashes [][]byte
		var proof merkle.RecordProof
		for chunk := range slices.Chunk(joined, 32) {
			hashes = append(hashes, chunk)
			var h merkle.Hash
			copy(h[:], chunk)
			proof = append(proof, h)
		}
		p := WorkOut(leaf, index, size, hashes, root)
		if size > 1<<40 {
			return // the other implementation does not come to an end
		}
		sound := len(joined)%32 == 0 && len(root) == 32
		if sound {
			sound = index >= 0 && index < size && merkle.CheckRecord(proof, size, merkle.Hash(root), index, merkle.RecordHash([]byte(leaf))) == nil
		}
		if p.Holds != sound {
			t.Errorf("it holds: %v, elsewhere: %v", p.Holds, sound)
		}
	})
}
