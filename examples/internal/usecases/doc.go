// Package usecases holds the batch reports that the examples have in common:
// the month, cohorts, segments of customers and trends of products, each as
// views and as the same answer from a naive fold of the raw lines.
//
// A program describes its events once, as a [Shop], and registers the report that
// it's asked for ([Shop.Monthly], [Shop.Cohorts], [Shop.RFM], [Shop.Trends]). The
// [Report] asks the views, folds the raw [Line]s by itself, with maps and nothing
// of the library, and compares the two. Money is an integer, in the shop's
// smallest unit, all the way.
package usecases
