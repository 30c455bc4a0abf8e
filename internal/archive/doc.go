// Package archive reads the archives that packages come in, within bounds:
// gzipped tar and zip.
//
// It owns the question "what does this archive hold, and could unpacking it
// do harm?". It never writes a file, follows a link, or trusts a size that an
// archive states of itself.
//
// What it promises of every entry that it hands out:
//
//   - The name is a relative, clean path with forward slashes, valid UTF-8,
//     without characters that a file system or terminal reads as something
//     else. It lies inside the place the archive is unpacked to.
//   - No entry stands twice, and no two are told apart by letter case alone,
//     or by one being a file where the other needs a folder.
//   - A link stays inside the archive, and nothing is unpacked through one.
//   - It is a file, a folder or a link: never a device, socket or pipe.
//   - Two readers see the same entries: forms that common readers understand
//     differently (sparse files, sizes stated twice, a second archive behind
//     the first, a table of contents that names other files than the data)
//     are refused.
//   - The number of entries, the length of names, the bytes of each entry, of
//     all, and their ratio to the packed bytes are bounded, whatever the
//     headers say.
//
// Errors are Invalid for what is malformed or dangerous, TooLarge for what is
// over a limit, Canceled once the context has ended, and Internal when the
// bytes themselves cannot be read. Errors of the caller's function come back
// as they are.
//
// It follows POSIX.1-2017 (ustar and pax), GNU tar's long names, RFC 1952
// (gzip) and PKWARE's APPNOTE 6.3.10 (zip).
package archive
