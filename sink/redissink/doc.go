// Package redissink keeps the finished rows of views in Redis.
package redissink
