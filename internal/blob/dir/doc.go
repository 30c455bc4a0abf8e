// Package dir keeps blobs as files in a directory of the local disk.
//
// # Layout
//
//	sha256/ab/abcdef...   a blob, named by its digest, below the first two digits
//	tmp/...               blobs being staged; what a killed process left is removed by Open
//
// The 256 directories are made by Open, so that a commit only ever renames
// into one that is durable already. Files have mode 0600, directories 0700.
// What lies in the directory under any other name is left alone.
//
// # What it promises
//
// The contract of package blob; blobtest is its suite. When Commit answers
// without an error, the bytes and the name are on the disk: the file is
// fsynced, renamed into place, and its directory fsynced. A name is only ever
// given to a whole, fsynced file whose SHA-256 was computed as it was written,
// so a blob that can be opened has the right bytes, whatever failed and
// whenever the process was killed. Committing a blob that exists puts the new
// file in the old one's place: that renews its time, in one step, and mends a
// file that the disk has spoiled. Open readers keep the old one.
//
// A Commit that fails after the rename leaves a whole blob that nobody refers
// to, which garbage collection finds. It is not taken back, because another
// commit of the same bytes may have succeeded meanwhile.
//
// # What it never does
//
// It never reads a blob to check it: digests are checked once, on write. It
// does not guard against a second process: the lock on the data directory
// does.
package dir
