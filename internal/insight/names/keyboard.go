package names

// keyRows are the rows of a QWERTY keyboard; neighbours of other layouts are
// not looked for. Each row lies half a key to the right of the one above.
var keyRows = [...]string{"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"}

// neighbours tells whether two keys touch each other.
func neighbours(a, b byte) bool {
	rowA, colA := keyAt(a)
	rowB, colB := keyAt(b)
	if rowA < 0 || rowB < 0 || a == b {
		return false
	}
	if rowA > rowB {
		rowA, colA, rowB, colB = rowB, colB, rowA, colA
	}
	switch rowB - rowA {
	case 0:
		return colA-colB == 1 || colB-colA == 1
	case 1: // the key below lies between two of the row above
		return colA == colB || colA == colB+1
	}
	return false
}

func keyAt(c byte) (row, col int) {
	for row, keys := range keyRows {
		for col := range len(keys) {
			if keys[col] == c {
				return row, col
			}
		}
	}
	return -1, -1
}
