// Package sinktest tests sinks.
//
// [TestSink] is the conformance suite: an implementation of [sink.Sink] passes
// it with a [Harness] that opens an empty sink and reads back what it holds.
package sinktest
