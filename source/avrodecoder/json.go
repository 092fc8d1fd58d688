package avrodecoder

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/twmb/avro"

	"github.com/anabranch-go/anabranch/source"
)

// appendJSON writes a value as the library gives it where nothing more is said of
// its type, as JSON that Go's types read.
func appendJSON(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case int32:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case time.Duration:
		return strconv.AppendInt(b, v.Microseconds(), 10), nil
	case float32:
		return appendFloat(b, float64(v), 32)
	case float64:
		return appendFloat(b, v, 64)
	case string:
		return appendText(b, v), nil
	case []byte:
		return append(base64.StdEncoding.AppendEncode(append(b, '"'), v), '"'), nil
	case [16]byte:
		text := hex.EncodeToString(v[:])
		return appendText(b, text[:8]+"-"+text[8:12]+"-"+text[12:16]+"-"+text[16:20]+"-"+text[20:]), nil
	case avro.Duration:
		return appendText(b, v.String()), nil
	case time.Time:
		us, err := source.Micros(v)
		if err != nil {
			return nil, err
		}
		return source.FromMicros(us).AppendFormat(b, `"2006-01-02T15:04:05.999999Z07:00"`), nil
	case *big.Rat:
		digits, _ := v.FloatPrec() // exact: a decimal's denominator is a power of ten
		return append(b, v.FloatString(digits)...), nil
	case []any:
		return appendList(b, v)
	case map[string]any:
		return appendMap(b, v)
	}
	return nil, fmt.Errorf("%w: a %T has no JSON here", source.ErrValue, v)
}

func appendList(b []byte, list []any) ([]byte, error) {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendJSON(b, v); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func appendMap(b []byte, m map[string]any) ([]byte, error) {
	b = append(b, '{')
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		b = appendText(b, key)
		if b, err = appendJSON(append(b, ':'), m[key]); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendFloat(b []byte, f float64, bits int) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("%w: JSON has no %g", source.ErrValue, f)
	}
	return strconv.AppendFloat(b, f, 'g', -1, bits), nil
}

// appendText appends a text. Its only error says that bytes of it aren't UTF-8:
// each became U+FFFD, as when an event is written by its Go value.
func appendText(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text)
	return b
}
