// Package archivetest has what tests of and on archives need.
//
//   - [TestStore] is the conformance suite that every [archive.Store] passes.
//   - [Faults] is a store that fails, crashes or waits on demand, call by call
//     and without a clock.
//   - [Copy] copies a store and damages it on the way.
package archivetest
