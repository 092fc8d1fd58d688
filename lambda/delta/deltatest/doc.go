// Package deltatest tests delta stores, and what is built on them.
//
//   - [TestStore] is the conformance suite: an implementation of [delta.Store]
//     passes it with a function that makes an empty store.
//   - [Faults] stands between a program and a store, and fails as networks,
//     servers and processes do, when a hook says so.
package deltatest
