package assessment

import "strings"

// longestWord is the longest word, in bytes, that a suggestion is looked for:
// the work grows with its length, and nobody mistypes a longer one.
const longestWord = 64

// nearest is the known word that a mistyped one is likely to mean, "" if none
// is near. Of several the first is taken.
func nearest(word string, known []string) string {
	if word == "" || len(word) > longestWord {
		return ""
	}
	folded := fold(word)
	best, found := max(1, len(word)/3)+1, ""
	for _, k := range known {
		if d := distance(folded, fold(k)); d < best {
			best, found = d, k
		}
	}
	return found
}

// fold takes away what people are least sure of.
func fold(s string) string {
	return strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(s))
}

// distance counts the letters to insert, remove, change or swap with their
// neighbour (optimal string alignment) that make a into b.
func distance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

// orList writes words as people do: "a, b or c".
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
