// Package sourcetest checks that a log keeps the contract of [source.Source]. An
// adapter supplies one function, which makes a log that holds some events;
// [TestSource] does the rest.
package sourcetest
