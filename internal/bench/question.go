package main

import "strings"

// splitKeys takes the keys of -by apart.
func splitKeys(by string) []string {
	if by == "" {
		return nil
	}
	return strings.Split(by, ",")
}

// question is one group-by that all engines are asked.
type question struct {
	name    string  // in the table
	named   string  // the worker's own name for it, where it has one, and counts purchases besides
	data    string  // the layout: see peers/generate.py
	by      string  // keys
	agg     string  // aggregates; the first one's total is the check
	where   string  // conditions
	goal    float64 // the ratio to the best peer that is to be reached
	rows    int     // that it reads, where lines tell the time for each
	trusted bool    // its rows needn't be compared: the same question on other data was
}

// ask is the worker's line.
func (q question) ask() string {
	if q.named != "" {
		return q.named
	}
	return strings.Join(q.flags(), " ")
}

func (q question) flags() []string {
	flags := []string{"-agg", q.agg}
	if q.by != "" {
		flags = append(flags, "-by", q.by)
	}
	if q.where != "" {
		flags = append(flags, "-where", q.where)
	}
	return flags
}

func (q question) aggregates() []string { return strings.Split(q.agg, ",") }

// approximate says whether the check is: a sketch's answers differ by engine.
func (q question) approximate() bool { return isSketch(q.aggregates()[0]) }

// exact is the question with exact distinct counts in place of sketches.
func (q question) exact() question {
	q.agg = strings.ReplaceAll(q.agg, "approx:", "distinct:")
	q.named = ""
	return q
}

func isSketch(aggregate string) bool {
	return strings.HasPrefix(aggregate, "approx:") || strings.HasPrefix(aggregate, "quantile:") || isTop(aggregate)
}

func isTop(aggregate string) bool { return strings.HasPrefix(aggregate, "topk:") }

const purchases = "event_type=purchase"

// questions are the named ones, and others of every kind that a group-by may be.
var questions = []question{
	{name: "seed: day, category; exact users", named: "seed", data: "zstd", goal: 0.35,
		by: "fecha,categoria", agg: "distinct:user_id,sum:revenue,count"},
	{name: "approx: the same, sketched", named: "approx", data: "zstd", goal: 0.75,
		by: "fecha,categoria", agg: "approx:user_id,sum:revenue,count"},
	{name: "global: category; exact users", named: "global", data: "zstd", goal: 0.4,
		by: "categoria", agg: "distinct:user_id"},
	{name: "gapprox: the same, sketched", named: "gapprox", data: "zstd", goal: 0.75,
		by: "categoria", agg: "approx:user_id"},
	{name: "sum: day, category; sums and counts", named: "sum", data: "zstd", goal: 0.4,
		by: "fecha,categoria", agg: "count,sum:revenue"},

	{name: "day, category, region; exact users", data: "zstd", goal: 0.5,
		by: "fecha,categoria,region", agg: "distinct:user_id,sum:revenue,count"},
	{name: "product (100,000); exact users", data: "zstd", goal: 0.5,
		by: "product_id", agg: "distinct:user_id,sum:revenue,count"},
	{name: "product; sketched users", data: "zstd", goal: 1,
		by: "product_id", agg: "count,approx:user_id"},
	{name: "user (3 million); count, sum, max", data: "zstd", goal: 1,
		by: "user_id", agg: "count,sum:revenue,max:revenue"},
	{name: "session (7 million texts); count, max", data: "zstd", goal: 1,
		by: "session_id", agg: "count,max:revenue"},
	{name: "region, user; sum", data: "zstd", goal: 1,
		by: "region,user_id", agg: "sum:revenue"},
	{name: "day, category, region, type; min, max, mean", data: "zstd", goal: 1,
		by: "fecha,categoria,region,event_type", agg: "count,min:revenue,max:revenue,mean:revenue"},
	{name: "day, region; exact sessions (texts)", data: "zstd", goal: 1,
		by: "fecha,region", agg: "distinct:session_id"},
	{name: "category of purchases; quantiles of revenue", data: "zstd", goal: 1,
		by: "categoria", agg: "count,quantile:revenue:0.5,quantile:revenue:0.9", where: purchases},
	{name: "day, region; quantiles of product", data: "zstd", goal: 1,
		by: "fecha,region", agg: "count,quantile:product_id:0.5,quantile:product_id:0.99"},
	{name: "day, region; top 5 categories", data: "zstd", goal: 1,
		by: "fecha,region", agg: "count,topk:categoria:5"},
	{name: "product of purchases; sum", data: "zstd", goal: 1,
		by: "product_id", agg: "count,sum:revenue", where: purchases},
	{name: "category of one day; exact users", data: "zstd", goal: 1,
		by: "categoria", agg: "distinct:user_id", where: "fecha=2025-05-07"},
	{name: "type of a range of products; max", data: "zstd", goal: 1,
		by: "event_type", agg: "count,max:revenue", where: "product_id>=90000"},

	{name: "sorted by user: day, category; exact users", data: "sorted", goal: 1,
		by: "fecha,categoria", agg: "distinct:user_id,sum:revenue"},
	{name: "sorted by user: user; count, sum", data: "sorted", goal: 1,
		by: "user_id", agg: "count,sum:revenue"},
	{name: "nulls: app (2, and null); sum, mean", data: "nulls", goal: 1,
		by: "app", agg: "count,sum:revenue,mean:revenue"},
	{name: "nulls: region, category; exact users", data: "nulls", goal: 1,
		by: "region,categoria", agg: "distinct:user_id,sum:revenue,min:revenue,max:revenue"},
	{name: "nulls: user; count, sum", data: "nulls", goal: 1,
		by: "user_id", agg: "count,sum:revenue"},
}
