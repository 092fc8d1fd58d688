// Package protodecoder decodes Protocol Buffers messages into events, column by
// column: no message is made on the way, but for lists and maps. [New] takes the
// message's descriptor, from generated code or from a registry; files of messages
// are read by [source.Delimited].
package protodecoder
