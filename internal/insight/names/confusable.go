package names

import "unicode/utf8"

// skeleton appends what a name looks like to dst, in the manner of UTS 39,
// section 4: two texts that look alike have one skeleton. Covered are the
// letters and digits that are mistaken for ASCII ones in most typefaces, not
// all of Unicode: within ASCII 0 and o; 1, i and l; rn and m; vv and w; and of
// the Cyrillic, Greek, Armenian and Latin letters, the Latin ones with marks
// and the full-width forms those that stand for an ASCII letter. Text comes in
// lower case and without separators.
func skeleton(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == 'r' && i < len(text) && text[i] == 'n':
				c, i = 'm', i+1
			case c == 'v' && i < len(text) && text[i] == 'v':
				c, i = 'w', i+1
			case c == '0':
				c = 'o'
			case c == '1' || c == 'i':
				c = 'l'
			}
			dst = append(dst, c)
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		switch plain := confusables[r]; {
		case r >= 'ａ' && r <= 'ｚ':
			dst = skeleton(dst, []byte{byte(r-'ａ') + 'a'})
		case r >= '０' && r <= '９':
			dst = skeleton(dst, []byte{byte(r-'０') + '0'})
		case invisible(r):
		case plain != "":
			dst = skeleton(dst, []byte(plain))
		default:
			dst = append(dst, text[i:i+size]...)
		}
		i += size
	}
	return dst
}

// invisible tells characters that take no room: a name with one in it is the
// plain name to whoever reads it.
func invisible(r rune) bool {
	switch {
	case r == 0xad, r == 0x34f, r == 0x61c, r == 0x180e, r == 0xfeff:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	case r >= 0x300 && r <= 0x36f: // marks that stand over the letter before
		return true
	case r >= 0xfe00 && r <= 0xfe0f:
		return true
	}
	return false
}

// confusables are characters that are read as ASCII letters. The names of
// the characters say why; UTS 39's own table is far larger.
var confusables = map[rune]string{
	// Cyrillic.
	'а': "a", 'в': "b", 'с': "c", 'ԁ': "d", 'е': "e", 'ё': "e", 'һ': "h", 'і': "i", 'ї': "i", 'ј': "j", 'к': "k", 'ӏ': "l", 'м': "m",
	'п': "n", 'о': "o", 'р': "p", 'ԛ': "q", 'г': "r", 'ѕ': "s", 'т': "t", 'ц': "u", 'ѵ': "v", 'ԝ': "w", 'х': "x", 'у': "y", 'ү': "y", 'ӡ': "3",
	// Greek.
	'α': "a", 'β': "b", 'ϲ': "c", 'ε': "e", 'η': "n", 'ι': "i", 'ϳ': "j", 'κ': "k", 'ν': "v", 'ο': "o", 'ρ': "p", 'σ': "o", 'τ': "t", 'υ': "u",
	'ω': "w", 'χ': "x", 'γ': "y",
	// Armenian.
	'ա': "w", 'գ': "q", 'հ': "h", 'յ': "j", 'ո': "n", 'ս': "u", 'օ': "o", 'ց': "g", 'ք': "p",
	// Latin letters of their own.
	'ɑ': "a", 'ƅ': "b", 'đ': "d", 'ɡ': "g", 'ɢ': "g", 'ħ': "h", 'ı': "i", 'ɩ': "i", 'ȷ': "j", 'ĸ': "k", 'ł': "l", 'ɭ': "l", 'ŋ': "n", 'ø': "o", 'ɾ': "r",
	'ſ': "f", 'ʂ': "s", 'ʋ': "u", 'ᴜ': "u", 'ᴠ': "v", 'ᴡ': "w", 'ʏ': "y", 'ᴢ': "z", 'ᴏ': "o", 'ꜱ': "s", 'ᴄ': "c", 'ʟ': "l", 'ɴ': "n", 'ʀ': "r",
	'æ': "ae", 'œ': "oe", 'ß': "b", 'ǀ': "l", 'ꓲ': "l",
	// Latin letters with marks.
	'à': "a", 'á': "a", 'â': "a", 'ã': "a", 'ä': "a", 'å': "a", 'ā': "a", 'ă': "a", 'ą': "a", 'ạ': "a",
	'ç': "c", 'ć': "c", 'č': "c", 'ċ': "c", 'ď': "d", 'ḍ': "d",
	'è': "e", 'é': "e", 'ê': "e", 'ë': "e", 'ē': "e", 'ė': "e", 'ę': "e", 'ě': "e", 'ẹ': "e",
	'ģ': "g", 'ğ': "g", 'ġ': "g", 'ḥ': "h", 'ì': "i", 'í': "i", 'î': "i", 'ï': "i", 'ī': "i", 'į': "i", 'ị': "i",
	'ķ': "k", 'ḳ': "k", 'ļ': "l", 'ľ': "l", 'ḷ': "l", 'ṃ': "m", 'ñ': "n", 'ń': "n", 'ň': "n", 'ņ': "n", 'ṇ': "n",
	'ò': "o", 'ó': "o", 'ô': "o", 'õ': "o", 'ö': "o", 'ō': "o", 'ő': "o", 'ọ': "o", 'ŕ': "r", 'ř': "r", 'ṛ': "r",
	'ś': "s", 'š': "s", 'ş': "s", 'ș': "s", 'ṣ': "s", 'ť': "t", 'ţ': "t", 'ț': "t", 'ṭ': "t",
	'ù': "u", 'ú': "u", 'û': "u", 'ü': "u", 'ū': "u", 'ů': "u", 'ű': "u", 'ų': "u", 'ụ': "u", 'ṿ': "v", 'ẃ': "w", 'ẁ': "w", 'ŵ': "w",
	'ý': "y", 'ÿ': "y", 'ŷ': "y", 'ỵ': "y", 'ź': "z", 'ž': "z", 'ż': "z", 'ẓ': "z",
}

// ascii tells whether a text has no character outside ASCII.
func ascii(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
