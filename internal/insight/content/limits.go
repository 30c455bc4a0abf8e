package content

import (
	"time"

	"assay.invalid/internal/archive"
)

// Limits bound what one scan may cost. A zero field means its default. Beyond
// a limit the scan ends, or leaves that one text out, and says so.
type Limits struct {
	Time    time.Duration  // of one scan; 30 s
	Archive archive.Limits // what the archive may hold; 256 MiB packed, 2 GiB unpacked, 200 times, 100,000 entries
	Text    int64          // bytes of one source text; 16 MiB
	Texts   int64          // bytes of all source texts together; 512 MiB
	Signals int            // signals reported; 40
	AtOnce  int            // scans side by side, others wait; 2
}

func (l Limits) withDefaults() Limits {
	if l.Time <= 0 {
		l.Time = 30 * time.Second
	}
	if l.Archive.Unpacked <= 0 {
		l.Archive.Unpacked = 2 << 30
	}
	if l.Text <= 0 {
		l.Text = 16 << 20
	}
	if l.Text > maxText {
		l.Text = maxText // offsets in a text are 32 bits wide
	}
	if l.Texts <= 0 {
		l.Texts = 512 << 20
	}
	if l.Signals <= 0 {
		l.Signals = 40
	}
	if l.AtOnce <= 0 {
		l.AtOnce = 2
	}
	return l
}

const (
	maxText     = 1 << 30
	maxMarks    = 1 << 18 // words noted in one text
	maxQuotes   = 1 << 14 // strings noted in one text
	maxCommands = 1 << 20 // bytes of command texts read in one text
	maxNotes    = 1 << 18 // imports and other notes kept of all files together
	perFile     = 3       // signals of one id in one file
)
