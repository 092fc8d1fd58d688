// Package kafkasink writes the finished rows of views to a Kafka topic, by
// franz-go's idempotent producer.
//
//   - [Topic] is a [sink.Sink] onto a topic that's there.
//
// # Records
//
// A record's value is the row as [sink.JSONLines] writes it; source.JSON reads it as
// an event of the type [sink.Record]. Its key is the row's identity, the first
// members of the same object:
//
//	key    {"view":"ventas","window_start":"2026-11-01T10:00:00Z","window_end":"2026-11-01T10:05:00Z","category":"libros"}
//	value  {"view":"ventas","window_start":"2026-11-01T10:00:00Z","window_end":"2026-11-01T10:05:00Z","category":"libros","sum":990,"version":17,"timing":"on-time","final":true,"removed":false}
//
// The partition is (murmur2(key) & 0x7fffffff) % partitions, as the Java client has
// it and partition.Kafka computes it, unless Options.Client has another
// kgo.RecordPartitioner. So all rows of one identity are in one partition, in the
// order in which they were written. Other names (Options.Schema) or another number
// of partitions make other keys and places: give them another topic.
//
// # What holds
//
// A topic takes nothing back: of records with one key, readers take the one with
// the highest version, and of these the last, unless it says removed. A Write that
// failed may be repeated, and then some rows stand there twice, with one version.
//
// With cleanup.policy=compact the brokers keep the last record of each key. That's
// the newest row where one publisher at a time writes a view, since its versions
// only grow, and one Write sends of each identity only the row that holds. (One that
// has started anew writes every row once more, at the versions that it has come to.)
// Where several write a view at once, an older row may come last: let those topics
// keep all records for as long as the publishers may be apart.
//
// A row that was removed is a record like any other, with removed = true, and no
// tombstone. A tombstone has no version, and the brokers forget it after a while:
// an older row that comes late would bring the removed one back.
//
// # Failing
//
// [New] asks the brokers, and the topic, before it returns: a wrong address or
// password, or a topic that isn't there, is an error within seconds. A row that's
// larger than the topic's max.message.bytes is ErrTooLarge; those beside it are
// written. [Topic.Write] returns once all in-sync replicas have every row. Brokers that are away are waited for
// until ctx ends or Options.Timeout is over. What was handed to the client by then
// may be written later all the same, before anything that's written after it; so the
// caller may repeat the Write at once. At most [Unacknowledged] Writes are left
// behind so: those after them wait.
package kafkasink
