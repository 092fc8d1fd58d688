// Package clickhouse runs queries on a ClickHouse server, for the adapters that
// write and read its tables.
package clickhouse
