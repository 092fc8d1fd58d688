// Package window says which window of event time an event belongs to, and how
// far the event time of a partition has come.
//
// A [Spec] is a rule: [Tumbling] windows of a fixed size, the calendar windows
// [Hour], [Day], [Week], [Month] and [Year] of a location, [Sliding] windows that
// overlap, [Session] windows that the events of a key decide, or the single window
// [Global]. The engine works with event times as int64 microseconds since the
// Unix epoch, a chunk at a time ([Spec.Assign], [Spec.End]); [Spec.At] and
// [Spec.Span] give the same windows as a [Span] of [time.Time].
//
// # Calendar windows
//
// The windows of one Spec tile all of time: every instant lies in exactly one,
// whatever the location's clocks did. A day, week, month or year starts at the
// first instant at which the local clock shows it or anything later, and it
// ends where the next one starts. Three cases follow that surprise:
//
//   - Where clocks skip midnight, the day starts with its first instant that
//     exists (01:00 in São Paulo on 2018-11-04).
//   - Where clocks go back across midnight (St John's until 2011 fell back from
//     00:01 to 23:01), the new day has already begun and isn't left again: the
//     repeated hour belongs to it.
//   - A date that a location skipped (Apia's 2011-12-30) has no window.
//
// An hour is cut at every change of the offset from UTC, so a repeated hour
// makes two windows, and a change by half an hour makes short ones.
//
// Event times between the years 1 and 9999 are valid. Others don't panic, but
// their windows mean nothing. After 2100 a location's yearly rule is taken to
// go on unchanged; tz tables hold nothing else for that time.
//
// # Roll-ups
//
// [Spec.RollsUpTo] tells whether the windows of one Spec lie inside those of
// another, so that the states of fine windows can be merged into coarse ones.
//
// # Watermarks
//
// A [Watermark] follows one partition; [Min] combines the [Mark] of several.
// Watermarks are advisory. They decide when a window is reported as final and
// which events count as late; no event is ever dropped because of one.
package window
