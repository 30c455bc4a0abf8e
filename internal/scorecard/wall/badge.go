package wall

import (
	"fmt"
	"html"
)

// badge is a picture that a repository may show: how many of its
// capabilities are known. It has one colour whatever it says: it is no grade.
func badge(known string) []byte {
	const label, letter, pad = "Assay", 6.4, 9
	left, right := int(float64(len(label))*letter)+2*pad, int(float64(len([]rune(known)))*letter)+2*pad
	text := html.EscapeString(known)
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="20" viewBox="0 0 %[1]d 20" role="img" aria-label="%s: %s"><title>%[2]s: %[3]s</title>`+
		`<path fill="#8c4510" d="M4 0h%dv20H4L0 16V4z"/><path fill="#fffdfa" stroke="#8c4510" d="M%d .5h%dl3.5 3.5v12l-3.5 3.5h-%[6]dz"/>`+
		`<g font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle"><text x="%.1f" y="14" fill="#fffdfa" textLength="%d">%[2]s</text>`+
		`<text x="%.1[9]f" y="14" fill="#211c16" textLength="%[10]d">%[3]s</text></g></svg>
`, left+right, label, text, left-4, left, right-4, float64(left)/2, left-2*pad, float64(left)+float64(right)/2, right-2*pad)
}
