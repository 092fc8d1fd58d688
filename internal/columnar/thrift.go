package columnar

import (
	"encoding/binary"

	"github.com/parquet-go/parquet-go/encoding/thrift"
)

// maxDepth bounds the nesting of a footer; Parquet's own structures need nine.
const maxDepth = 16

// unmarshal decodes the thrift struct at the start of b and gives its length.
//
// The library allocates what a length in the bytes says before it looks for the
// bytes, so a few of them can ask for gigabytes, and a failed allocation can't
// be recovered from. The struct is walked first, which needs no memory.
func unmarshal(b []byte, v any) (int, error) {
	n, err := skipStruct(b, 0, 0)
	if err != nil {
		return 0, err
	}
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), b[:n], v); err != nil {
		return 0, malformed("%v", err)
	}
	return n, nil
}

func skipStruct(b []byte, at, depth int) (int, error) {
	if depth > maxDepth {
		return 0, malformed("structures nest too deep")
	}
	for {
		if at >= len(b) {
			return 0, malformed("a structure is cut off")
		}
		head := b[at]
		at++
		if head == 0 {
			return at, nil
		}
		var err error
		if head>>4 == 0 { // the field's number follows
			if _, at, err = uvarint(b, at); err != nil {
				return 0, err
			}
		}
		kind := thrift.Type(head & 15)
		if kind == thrift.TRUE || kind == thrift.FALSE {
			continue // the kind is the value
		}
		if at, err = skipValue(b, at, kind, depth); err != nil {
			return 0, err
		}
	}
}

func skipValue(b []byte, at int, kind thrift.Type, depth int) (_ int, err error) {
	size := uint64(0)
	switch kind {
	case thrift.TRUE, thrift.FALSE, thrift.I8:
		size = 1
	case thrift.I16, thrift.I32, thrift.I64:
		_, at, err = uvarint(b, at)
		return at, err
	case thrift.DOUBLE:
		size = 8
	case thrift.UUID:
		size = 16
	case thrift.BINARY:
		if size, at, err = uvarint(b, at); err != nil {
			return 0, err
		}
	case thrift.LIST, thrift.SET:
		return skipList(b, at, depth+1)
	case thrift.STRUCT:
		return skipStruct(b, at, depth+1)
	default:
		return 0, malformed("a field of kind %d", kind)
	}
	if size > uint64(len(b)-at) {
		return 0, malformed("%d bytes where %d are left", size, len(b)-at)
	}
	return at + int(size), nil
}

func skipList(b []byte, at, depth int) (_ int, err error) {
	if depth > maxDepth || at >= len(b) {
		return 0, malformed("a list is cut off, or nests too deep")
	}
	kind, size := thrift.Type(b[at]&15), uint64(b[at]>>4)
	at++
	if size == 15 {
		if size, at, err = uvarint(b, at); err != nil {
			return 0, err
		}
	}
	for range size { // each takes a byte at least, so it ends with the bytes
		if at, err = skipValue(b, at, kind, depth); err != nil {
			return 0, err
		}
	}
	return at, nil
}

func uvarint(b []byte, at int) (uint64, int, error) {
	if at < len(b) {
		if v, n := binary.Uvarint(b[at:]); n > 0 {
			return v, at + n, nil
		}
	}
	return 0, 0, malformed("a number is cut off")
}
