// Package content looks into the files of a version for what malware does and
// honest packages hardly ever do, and says what it saw, where.
//
// It owns the question "does anything in these bytes look like an attack?".
// Every answer is a signal: an id, a file of the archive, a line, and a few
// words. A signal is a fact for the policy, no verdict. What each one looks
// for, and what it cannot see, stands in docs/content-signals.md; [Signals]
// lists them.
//
// It promises:
//
//   - Nothing is run, unpacked to disk or fetched, and an archive inside an
//     archive is not opened.
//   - Work is bounded in time, bytes, entries and memory, whatever the bytes
//     are. What could not be read to its end is a signal of its own,
//     "scan-incomplete" with the reason: never silence and never an error.
//   - The same bytes and limits give the same signals in the same order, the
//     gravest first; only the deadline is the exception.
//   - What it quotes is printable and short.
//
// Errors are left for what has nothing to do with the file: the asker went
// away (Canceled), or the stored bytes cannot be read (Internal).
//
// It reads source text with light lexers (JavaScript and TypeScript, Python,
// Rust, Go, shell) that tell comments, strings and code apart, and follows a
// value over a few assignments. It does not parse, and does not try to win
// against somebody who knows these rules and writes around them: the rules
// are chosen so that what they say is worth a look.
//
// Memory: one scan at a time holds one text and its mask (twice Limits.Text,
// 32 MiB by default), the marks found in it (under 8 MiB) and small notes on
// each file (under 16 MiB), beside what package archive needs. Limits.AtOnce
// bounds how many run side by side.
package content
