package partition_test

import (
	"fmt"
	"time"

	"github.com/anabranch-go/anabranch/partition"
)

var at = time.Date(2026, 11, 24, 21, 7, 0, 0, time.UTC)

// show makes a scheme of the dimensions and prints the path of the values.
func show(dims []partition.Dimension, values ...partition.Value) {
	scheme, err := partition.New(dims...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(scheme.Path(values...))
}

func ExampleNew() {
	scheme, err := partition.New(
		partition.ByDay("fecha"),
		partition.ByHash("user_id", 16),
		partition.ByValue("region"),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	path, err := scheme.Path(partition.Time(at), partition.Int(42), partition.String("norte/sur"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(scheme)
	fmt.Println(path)
	texts, err := scheme.Parse(path)
	fmt.Printf("%q %v\n", texts, err)
	// Output:
	// day(fecha)/hash(user_id,16)/value(region)
	// fecha=2026-11-24/user_id=0/region=norte%2Fsur
	// ["2026-11-24" "0" "norte/sur"] <nil>
}

func ExampleByHour() {
	show([]partition.Dimension{partition.ByHour("hora")}, partition.Time(at))
	// Output: hora=2026-11-24-21 <nil>
}

func ExampleByDay() {
	show([]partition.Dimension{partition.ByDay("fecha")}, partition.Time(at))
	// Output: fecha=2026-11-24 <nil>
}

func ExampleByMonth() {
	show([]partition.Dimension{partition.ByMonth("mes")}, partition.Time(at))
	// Output: mes=2026-11 <nil>
}

func ExampleByYear() {
	show([]partition.Dimension{partition.ByYear("año")}, partition.Time(at))
	// Output: año=2026 <nil>
}

// A Kafka producer written in Java sends a record with this key to partition 16
// of 50.
func ExampleByHash() {
	show([]partition.Dimension{partition.ByHash("cliente", 50)}, partition.String("foobar"))
	// Output: cliente=16 <nil>
}

func ExampleByValue() {
	show([]partition.Dimension{partition.ByValue("region")}, partition.String("../León"))
	// Output: region=%2E.%2FLeón <nil>
}

func ExampleTime() {
	madrid := time.FixedZone("CET", 3600)
	midnight := time.Date(2026, 11, 25, 0, 30, 0, 0, madrid) // the 24th in UTC
	show([]partition.Dimension{partition.ByDay("fecha")}, partition.Time(midnight))
	// Output: fecha=2026-11-24 <nil>
}

func ExampleInt() {
	show([]partition.Dimension{partition.ByValue("tienda")}, partition.Int(-7))
	// Output: tienda=-7 <nil>
}

func ExampleString() {
	show([]partition.Dimension{partition.ByValue("tipo")}, partition.String("50%"))
	// Output: tipo=50%25 <nil>
}

func ExampleNull() {
	show([]partition.Dimension{partition.ByValue("region")}, partition.Null())
	// Output: region=__HIVE_DEFAULT_PARTITION__ <nil>
}

func ExampleEscape() {
	segment := partition.Escape("a/b: 50%")
	fmt.Println(segment)
	fmt.Println(partition.Unescape(segment))
	// Output:
	// a%2Fb%3A 50%25
	// a/b: 50% <nil>
}
