// Package maven is how the scorecard speaks to a subject of Maven's world: the
// layout of a Maven repository as Maven and Gradle read it and deploy to it,
// seen from outside and through a scorecard.Visitor.
//
// It owns what is asked, how an answer is read, how throw-away artifacts are
// named and how releases are packed, soundly or not. Names are written
// group/artifact. What the protocol has no call for (removing, yanking,
// owners, people, tokens, search) is NoCall.
//
// What it promises:
//
//   - No answer is believed for its status alone. A web page, a document that
//     is no maven-metadata.xml or is about another artifact, or one that is
//     bigger than the visitor reads, is Unclear with what came as the reason.
//     A document with a DOCTYPE is never read: its entities could be a bomb.
//   - A listing is maven-metadata.xml. Dates, packaging and what the publisher
//     typed come from the POM of the newest versions (limits.Looked), their
//     digests from the side files of the main file, the strongest there is: a
//     version with nil digests was not looked at, one with empty digests has
//     no side file. They come from the same origin as the file, and so guard
//     the way and not the origin.
//   - The main file is what the POM's packaging says; a jar where it says
//     nothing else.
//   - A release is deployed as Maven does it: the jar, the POM, then the
//     metadata with the version added, the MD5 and SHA-1 of each beside it.
//   - A secret is the password of "token" in Basic authentication. One with a
//     colon in it is a name and a password. It goes to the subject alone.
//
// It follows https://maven.apache.org/repositories/layout.html and
// https://maven.apache.org/repositories/metadata.html. Beyond one act it keeps
// only where files are.
package maven
