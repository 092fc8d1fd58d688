// Package statetest holds what the tests of the sketches share: an event with a
// column of every kind, vectors to fold it into, random merges, and a decoder's
// fuzz target.
package statetest
