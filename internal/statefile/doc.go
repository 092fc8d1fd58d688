// Package statefile is the form that sealed deltas and bases have in the
// archive: Parquet files of a view's states, sorted by key, then window, with
// what they are in the footer.
//
// The columns are key (bytes, in the engine's order-preserving encoding),
// window_start (µs since 1970, UTC; the smallest there is for the one window of
// a global view) and state (bytes, as the view's aggregate encodes them).
package statefile
