// Package redissink keeps the finished rows of views in Redis, a single server or
// a cluster, where an application in any language reads them by one HGETALL.
//
// [Open] makes a [sink.Sink] of a client and a prefix. What follows is the contract
// with the readers, who need nothing of this package.
//
// # Keys
//
// Of a view's key, say category libros and region norte of the view ventas under
// the prefix shop, all keys begin with a tag in braces, so that a cluster has them
// on one node:
//
//	shop:{ventas:category=libros:region=norte}:latest
//	    hash: the newest window
//	shop:{ventas:category=libros:region=norte}:2026-11-01T10:00:00Z/2026-11-01T10:05:00Z
//	    hash: one window, by its start and end in RFC 3339; "all" where that is all of time
//	shop:{ventas:category=libros:region=norte}:windows
//	    sorted set: which windows there are, as the names above have them, by their starts in µs since 1970
//	shop:{ventas:category=libros:region=norte}:2026-11-01T10:05:00Z/2026-11-01T10:10:00Z:removed
//	    text: the version by which a window was removed; not for readers
//
// The tag has the view's name, then each column of the key in its order, with "=" and
// its text; a null has neither. A key that isn't a struct is the column "key", unless
// [sink.SchemaOptions] rename it; a view without a key has the tag {ventas}. In
// names and texts, and nowhere else,
//
//	%  :  =  {  }   are written   %25  %3A  %3D  %7B  %7D
//
// and all else stays as it is, in UTF-8: in JavaScript that's
// text.replace(/[%:={}]/g, encodeURIComponent), in Python
// re.sub('[%:={}]', lambda m: '%%%02X' % ord(m[0]), text), and in Go
// [Sink.LatestKey] and [Sink.RowKey] give the whole name. So no two keys have one
// name, and a name says its parts.
//
// # Fields
//
// A hash has one field for each column of [sink.Schema]: view, window_start,
// window_end, the key's, the value's, version, timing (early, on-time or late) and
// final. Values are the texts of [sink.CSV]: times are RFC 3339 in UTC, decimals
// have all digits of their scale, bools are true or false, lists and maps are JSON,
// NaN and infinities are NaN, Inf and -Inf. A null has no field, nor has an empty
// list; an empty text is an empty field. There's no field "removed", as a row that
// was removed isn't there.
//
//	> HGETALL shop:{ventas:category=libros:region=norte}:latest
//	view ventas  window_start 2026-11-01T10:00:00Z  window_end 2026-11-01T10:05:00Z
//	category libros  region norte  revenue 149.50  orders 3
//	version 18  timing on-time  final true
//
// The last twelve windows are ZRANGE …:windows -12 -1, and an HGETALL for each. One
// that has expired since may still be listed: its hash is empty.
//
// # What holds
//
// One script writes a row, latest and windows in one step. So a reader sees each of
// them whole, and latest is at every moment a copy of the hash of the window that
// starts last (of windows that start together, of the one whose name is greater):
// a late correction of an older window doesn't touch it. Two keys are two steps: a
// reader of many may see one before and one after.
//
// A row of an older version than what's there is left out, and one that is there
// already is written once more, with the same outcome; so retries, two publishers
// at once, and answers that were lost do no harm. A removed row's hash goes, its
// version stays in "…:removed" lest an older row come back, and latest becomes the
// window before it, or goes where there's none. Only views by session have these.
//
// Rows of one view in two steps (hours and days) have one latest, and it would be
// now of the one and now of the other: give each step a prefix of its own.
//
// # Retention
//
// With [Options].Retention, each row and its tombstone expire that long after the
// end of their window, however late they were written, and latest and windows when
// the newest row does: readers never see a "latest" that's past its retention. A row
// that is too old already isn't written, and counts in [Stats], not as an error.
// Without it all is kept for ever, the tombstones too. The one window of all time
// never expires.
//
// # What Redis can lose
//
// Rows are as durable as this Redis is: one that only has memory loses them at a
// restart, appendfsync everysec loses a second, a fail-over loses what the replica
// hadn't got, and eviction takes single keys (use noeviction; what a full server
// refuses is an error, and is written again). Nobody notices by itself: package
// lambda's publisher writes what has changed since it last wrote, so a row that was
// lost is missing until its next change, and so are tombstones. To fill a Redis
// again, start the publisher again: it writes each row of its range once. Nothing
// else derives from these rows, so there's no harm to the totals.
//
// # Limits
//
// Redis is of version 6.2 or later. All windows of a key are on one node of a
// cluster. The windows' order is exact for the years 1684 to 2255. The script makes
// names of rows from those that it's given, of the same tag: Redis allows that, but
// a server that holds scripts to the keys that they were given doesn't. The user of
// the client needs the commands that the script calls, evalsha, eval and ping; the
// client is the caller's, with its TLS, password, timeouts and retries.
package redissink
