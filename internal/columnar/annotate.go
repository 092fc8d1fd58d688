package columnar

import (
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// annotate gives a leaf its logical type, and the converted type that older
// readers look for.
func annotate(e *format.SchemaElement, logical format.LogicalTypeValue) {
	if logical == nil {
		return
	}
	e.LogicalType = format.LogicalType{Value: logical}
	switch t := logical.(type) {
	case *format.StringType:
		e.ConvertedType = thrift.New(deprecated.UTF8)
	case *format.JsonType:
		e.ConvertedType = thrift.New(deprecated.Json)
	case *format.TimestampType:
		if t.IsAdjustedToUTC {
			e.ConvertedType = thrift.New(deprecated.TimestampMicros)
		}
	case *format.DecimalType:
		e.ConvertedType = thrift.New(deprecated.Decimal)
		e.Scale, e.Precision = thrift.New(t.Scale), thrift.New(t.Precision)
	}
}

// Micros is the logical type of µs since 1970 in UTC.
func Micros() format.LogicalTypeValue {
	return &format.TimestampType{IsAdjustedToUTC: true, Unit: format.TimeUnit{Value: new(format.MicroSeconds)}}
}
