// Package avrodecoder decodes Avro records into events: bare ones by [New], those
// of a schema registry by [Confluent], single-object encodings by [SingleObject].
//
// It reads the wire with github.com/twmb/avro, which bounds what a record may make
// it allocate, resolves schemas, and reads a record's fields where they lie.
package avrodecoder
