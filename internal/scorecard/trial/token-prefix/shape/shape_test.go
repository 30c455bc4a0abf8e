package shape

import (
	"hash/crc32"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// body is as random as a test may be.
const body = "4fKq9ZrT2mXw7LpVb3NcYs8DhJg5Ae"

// sum writes the checksum of a text in the alphabet that most use.
func sum(text string) string {
	return base62(crc32.ChecksumIEEE([]byte(text)), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
}

func TestOf(t *testing.T) {
	hexSum := "3610a686" // CRC-32 of "hello", a known value
	tests := []struct {
		name, secret, prefix string
		others               []string
		checksum             int
	}{
		{"prefix and checksum of the body", "good_" + body + sum(body), "good_", nil, 6},
		{"prefix and checksum of all", "good_" + body + sum("good_"+body), "good_", nil, 6},
		{"two words before it", "reg_pat_" + body + sum(body), "reg_pat_", nil, 6},
		{"a checksum set off by a sign", "good_" + body + "_" + sum(body), "good_", nil, 6},
		{"big letters", "REG-" + body + sum(body), "REG-", nil, 6},
		{"prefix and a wrong checksum", "good_" + body + sum(body+"x"), "good_", nil, 0},
		{"prefix alone", "good_" + body, "good_", nil, 0},
		{"nothing but letters", body + body, "", nil, 0},
		{"a checksum without a prefix", body + sum(body), "", nil, 6},
		{"a checksum that is too much of it", "good_hello" + hexSum, "", nil, 0},
		{"a UUID", "abcdef01-2345-4678-9abc-def012345678", "", nil, 0},
		{"a web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJh-2345678901In0.AAAAAAAAAAAAAAAAAAAAAAAA", "", nil, 0},
		{"random letters with a sign in them", "aB3xK_" + body, "", nil, 0},
		{"random small letters with a sign, and others without", "ab3xk_" + strings.ToLower(body), "", []string{"q8wz0d" + strings.ToLower(body)}, 0},
		{"others with the same prefix", "good_" + body, "good_", []string{"good_" + body[2:]}, 0},
		{"a digit first", "1good_" + body, "", nil, 0},
		{"short", "good_abc", "", nil, 0},
		{"nothing", "", "", nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Of(tt.secret, tt.others...)
			if got.Prefix != tt.prefix || got.Checksum != tt.checksum {
				t.Errorf("prefix %q and a checksum of %d, want %q and %d", got.Prefix, got.Checksum, tt.prefix, tt.checksum)
			}
		})
	}
}

func TestEveryLayoutIsFound(t *testing.T) {
	for i, l := range layouts() {
		secret := "good_" + body
		secret += l.write.as(crc32.Checksum([]byte(l.of("good_", body)), l.table))
		if got := Of(secret); got.Checksum == 0 {
			t.Errorf("layout %d is not found in %q", i, secret)
		}
	}
}

func TestKinds(t *testing.T) {
	for name, tt := range map[string]struct {
		secret            string
		uuid, web, digits bool
	}{
		"a UUID":             {"ABCDEF01-2345-4678-9abc-def012345678", true, false, false},
		"a web token":        {"eyJ.eyJ.abc", false, true, false},
		"one without a sign": {"eyJ.eyJ.", false, true, false},
		"hexadecimal digits": {"00ffAA", false, false, true},
		"none of them":       {"good_abc", false, false, false},
		"nothing":            {"", false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if UUID(tt.secret) != tt.uuid || WebToken(tt.secret) != tt.web || Hex(tt.secret) != tt.digits {
				t.Errorf("UUID %v, web token %v, hexadecimal %v", UUID(tt.secret), WebToken(tt.secret), Hex(tt.secret))
			}
		})
	}
}

func TestGuessesHaveTheShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rapid.StringMatching(`[0-9A-Za-z]{20,60}`).Draw(t, "random")
		secret := "good_" + random + sum(random)
		s := Of(secret)
		guess := s.Guess()
		again := Of(guess)
		if guess == secret || len(guess) != len(secret) || again.Prefix != "good_" || again.Checksum != 6 {
			t.Fatalf("a guess at %q is %q, with %q and %d", secret, guess, again.Prefix, again.Checksum)
		}
	})
	digits := strings.Repeat("0123456789abcdef", 3)
	if guess := Of(digits).Guess(); !Hex(guess) || guess == digits || len(guess) != len(digits) {
		t.Errorf("a guess at hexadecimal digits is %q", guess)
	}
	if guess := Of("").Guess(); guess != "" {
		t.Errorf("a guess at nothing is %q", guess)
	}
}

func FuzzOf(f *testing.F) {
	f.Add("good_"+body+sum(body), "good_"+body)
	f.Add("", "")
	f.Add("a-_-_----------------------------", "é")
	f.Fuzz(func(t *testing.T, secret, other string) {
		s := Of(secret, other)
		if len(s.Prefix)+s.Checksum > len(secret) || !strings.HasPrefix(secret, s.Prefix) {
			t.Fatalf("%q has the prefix %q and a checksum of %d", secret, s.Prefix, s.Checksum)
		}
		if guess := s.Guess(); len(guess) != len(secret) {
			t.Fatalf("a guess at %q is %q", secret, guess)
		}
	})
}
