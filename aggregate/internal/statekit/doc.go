// Package statekit holds what the vectors of sketches are made of: values by
// group in one table, texts by number, and the pieces of a canonical encoding.
//
//   - [Map] keeps words of groups, each with a payload.
//   - [Values] keeps values of a field of any kind of groups, on a Map.
//   - [Cache] keeps what was worked out for the texts of a dictionary.
package statekit
