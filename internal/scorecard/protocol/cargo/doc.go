// Package cargo is how the scorecard speaks to a subject of Rust's world: the
// sparse index and the registry API as cargo uses them, seen from outside and
// through a scorecard.Visitor.
//
// It owns what is asked, how an answer is read, how throw-away crates are
// named and how releases are packed, soundly or not. The address of a subject
// is that of its index, without the "sparse+" in front.
//
// What it promises:
//
//   - No answer is believed for its status alone. A web page, a line that is
//     no version, a line of another crate, two lines of one version, or an
//     index that is bigger than the visitor reads, is Unclear with what came
//     as the reason. A success with "errors" in it is a refusal, as cargo
//     takes it.
//   - Where files and calls are is read from config.json once. What the
//     registry has no such address for is NoCall; so is what the protocol has
//     no call for (removing, people, making tokens, other statuses).
//   - Taking a yank back is asked only for what was yanked through the same
//     acts: a version that is held for another reason is listed as yanked too,
//     and un-yanking it would be another question.
//   - A secret is the whole Authorization header, as cargo sends it, and goes
//     to the subject's own origin alone. It goes along on reads too whenever
//     somebody asks as somebody; cargo itself does that only where config.json
//     sets auth-required, so that private crates are scored at such an address.
//
// It follows https://doc.rust-lang.org/cargo/reference/registry-index.html and
// https://doc.rust-lang.org/cargo/reference/registry-web-api.html. Beyond one
// act it keeps config.json, where files are, and what it yanked.
package cargo
