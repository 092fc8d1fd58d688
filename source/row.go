package source

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"
	"unsafe"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A column knows its field's type and place in E, checked when the schema was
// made, so that cells are read and written where they lie. This file is the
// only place that does so.

// appendCell reads the column's field of the event at p into b.
func appendCell(b *columnBuilder, c *Column, p unsafe.Pointer) error {
	event := p
	p = unsafe.Add(p, c.offset)
	if c.null != nil {
		if !*(*bool)(unsafe.Add(event, c.flag)) {
			b.null()
			return nil
		}
	} else if c.Nullable {
		if p = *(*unsafe.Pointer)(p); p == nil {
			b.null()
			return nil
		}
	}
	switch c.Kind {
	case Time:
		us, err := Micros(*(*time.Time)(p))
		if err != nil {
			return err
		}
		b.int(us)
	case Float:
		if c.typ.Kind() == reflect.Float32 {
			b.float(float64(*(*float32)(p)))
		} else {
			b.float(*(*float64)(p))
		}
	case String:
		b.text(*(*string)(p))
	case Opaque:
		text, err := opaqueText(reflect.NewAt(c.typ, p).Elem(), c.lossy)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrValue, err)
		}
		b.text(text)
	default:
		v, err := readInt(c.typ.Kind(), p)
		if err != nil {
			return err
		}
		b.int(v)
	}
	return nil
}

// opaqueText is the JSON of a list or a map. Nil and empty are one: null. The
// elements' own methods may fail or panic.
func opaqueText(v reflect.Value, lossy bool) (text string, err error) {
	if v.Kind() != reflect.Array && v.Len() == 0 {
		return "null", nil
	}
	defer recovered(&err)
	options := exactJSON
	if lossy {
		options = lossyJSON
	}
	out, err := json.Marshal(v.Interface(), options)
	return string(out), err
}

var (
	exactJSON = json.JoinOptions(json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	lossyJSON = json.JoinOptions(exactJSON, json.WithMarshalers(json.JoinMarshalers(
		json.MarshalToFunc(func(e *jsontext.Encoder, d time.Duration) error { return e.WriteToken(jsontext.Int(int64(d))) }),
		json.MarshalToFunc(marshalFloat[float64]),
		json.MarshalToFunc(marshalFloat[float32]),
	)))
)

// marshalFloat writes a number that JSON doesn't have as null.
func marshalFloat[F float32 | float64](e *jsontext.Encoder, f F) error {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return e.WriteToken(jsontext.Null)
	}
	return errors.ErrUnsupported // so the package writes it
}

// blankText is what an event without the column has: null for lists and maps, but
// an array has its elements all the same.
func blankText(t reflect.Type, lossy bool) string {
	text, err := opaqueText(reflect.New(t).Elem(), lossy)
	if err != nil {
		return "null"
	}
	return text
}

// readOpaque is the inverse of opaqueText.
func readOpaque(text []byte, into reflect.Value) (err error) {
	defer recovered(&err)
	return json.Unmarshal(text, into.Interface())
}

// recovered, deferred, turns a panic into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v", p)
	}
}

func readInt(kind reflect.Kind, p unsafe.Pointer) (int64, error) {
	switch kind {
	case reflect.Bool:
		if *(*bool)(p) {
			return 1, nil
		}
		return 0, nil
	case reflect.Int64:
		return *(*int64)(p), nil
	case reflect.Int:
		return int64(*(*int)(p)), nil
	case reflect.Int32:
		return int64(*(*int32)(p)), nil
	case reflect.Int16:
		return int64(*(*int16)(p)), nil
	case reflect.Int8:
		return int64(*(*int8)(p)), nil
	case reflect.Uint32:
		return int64(*(*uint32)(p)), nil
	case reflect.Uint16:
		return int64(*(*uint16)(p)), nil
	case reflect.Uint8:
		return int64(*(*uint8)(p)), nil
	}
	u := *(*uint64)(p) // uint and uint64, on the 64-bit machines that we build for
	if kind == reflect.Uint {
		u = uint64(*(*uint)(p))
	}
	if u > math.MaxInt64 {
		return 0, fmt.Errorf("%w: %d is past 64 signed bits", ErrValue, u)
	}
	return int64(u), nil
}

// setRows writes a column into every row.
func setRows[E any](rows []E, c *Column, v *Vector) {
	if v.Kind == Invalid {
		return
	}
	var cells unsafe.Pointer // of a column of pointers: where they point
	if c.Nullable && c.null == nil {
		cells = reflect.MakeSlice(reflect.SliceOf(c.typ), len(rows), len(rows)).UnsafePointer()
	}
	for i := range rows {
		if v.IsNull(int32(i)) {
			continue
		}
		p := unsafe.Add(unsafe.Pointer(&rows[i]), c.offset)
		switch {
		case c.null != nil:
			*(*bool)(unsafe.Add(unsafe.Pointer(&rows[i]), c.flag)) = true
		case c.Nullable:
			cell := unsafe.Add(cells, uintptr(i)*c.typ.Size())
			*(*unsafe.Pointer)(p) = cell
			p = cell
		}
		setCell(p, c, v, i)
	}
}

func setCell(p unsafe.Pointer, c *Column, v *Vector, i int) {
	switch c.Kind {
	case Time:
		*(*time.Time)(p) = FromMicros(v.Ints[i])
	case Float:
		if c.typ.Kind() == reflect.Float32 {
			*(*float32)(p) = float32(v.Floats[i])
		} else {
			*(*float64)(p) = v.Floats[i]
		}
	case String:
		*(*string)(p) = v.Dict.Values[v.Codes[i]]
	case Opaque:
		// The text was made by json.Marshal from this very type. A type whose own
		// methods don't read what they wrote leaves its zero value in both layers.
		if readOpaque([]byte(v.Dict.Values[v.Codes[i]]), reflect.NewAt(c.typ, p)) != nil {
			reflect.NewAt(c.typ, p).Elem().SetZero()
		}
	default:
		writeInt(c.typ.Kind(), p, v.Ints[i])
	}
}

func writeInt(kind reflect.Kind, p unsafe.Pointer, v int64) {
	switch kind {
	case reflect.Bool:
		*(*bool)(p) = v != 0
	case reflect.Int64:
		*(*int64)(p) = v
	case reflect.Int:
		*(*int)(p) = int(v)
	case reflect.Int32:
		*(*int32)(p) = int32(v)
	case reflect.Int16:
		*(*int16)(p) = int16(v)
	case reflect.Int8:
		*(*int8)(p) = int8(v)
	case reflect.Uint32:
		*(*uint32)(p) = uint32(v)
	case reflect.Uint16:
		*(*uint16)(p) = uint16(v)
	case reflect.Uint8:
		*(*uint8)(p) = uint8(v)
	case reflect.Uint64:
		*(*uint64)(p) = uint64(v)
	case reflect.Uint:
		*(*uint)(p) = uint(v)
	}
}
