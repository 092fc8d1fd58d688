// Package aggregate folds events into mergeable states.
package aggregate
