// Package faults has the tests of all parts together on real servers, while
// processes are killed and frozen and servers go away: see its tests.
package faults
