// Package kafkasource makes a Kafka topic a log, by franz-go.
//
// An offset of the log is one of the topic. Reading is read-committed: events of
// aborted transactions aren't events, and the offsets that they and transactions'
// markers take hold none, but belong to a chunk all the same, so that chunks tile.
// A record that can't be decoded, or has no value, goes to quarantine with its
// bytes and its offset.
//
// # Which log it is
//
// [Log.Identity] has the cluster's id and the topic's: a topic that was deleted and
// made anew is another log: an archive of the old one refuses it, and a Log of the
// old one opens no reader in it. A topic whose
// old records are compacted away is refused at once (ErrCompacted): its replay
// isn't the same log. Where retention has removed what is asked for, reading stops
// with source.ErrOffset, and never skips.
//
// # Groups
//
// Without Options.Group, [Log.Share] takes all partitions, also those that the topic
// gets later. With one, [Log.Share] joins that consumer group, and processes of the
// group share the partitions. The group decides who reads what; where to read from
// is the caller's to say, and not the committed offset's: [Log.Commit] writes that
// for lag tools alone. Each reader has its own connections, and asks for more only
// when what it has has been taken: so Options.Client's kgo.FetchMaxBytes (50 MiB if
// not set) bounds what a reader holds back.
//
// # Failing
//
// [New] asks the brokers, and the topic, before it returns: a wrong address or
// password, or a topic that isn't there, is an error within seconds. TLS and SASL
// are the client's own options. While brokers are away, readers wait for them, and
// so does Share. Where the group refuses the process for good, for want of rights,
// say, Share ends with ErrGroup.
package kafkasource
