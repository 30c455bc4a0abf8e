// Package usage counts: how often which version was handed out, and which
// decisions were a refusal or a warning.
//
// It owns the counts between the moment they happen and the moment they are
// in the store. Counting takes a look-up in memory; once a second, and sooner
// when much has gathered, what was counted is written as one batch, outside
// the journal. Days that are older than the retention are dropped daily.
//
// What became of the requests of the last hour is counted in memory alone, a
// minute at a time (Recorder.Traffic).
//
// Promises:
//
//   - Counting never waits for the store, never fails a request, and takes a
//     bounded amount of memory. When the store fails, equal rows go on to be
//     merged, and beyond the bound the oldest are given up, counted
//     (Recorder.Lost) and logged.
//   - No address and no other trace of an anonymous asker is kept: a row
//     names a version, a day and a principal, who is empty for anonymous.
//   - Close writes what is left.
//
// Counts are for people, not for accounts: what was counted in the last
// second is lost when the process is killed, and a batch that a failing
// store kept although it said otherwise is counted twice.
package usage
