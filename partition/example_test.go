package partition_test

import (
	"fmt"
	"slices"
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

// The partition that a Java producer picks, for its string, long and int keys.
func ExampleNewKafka() {
	topic, err := partition.NewKafka(50)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(topic.Text("foobar"), topic.Bytes([]byte("foobar")), topic.Long(42), topic.Int(42))
	// Output: 16 16 2 4
}

// A topic with a partition for each bucket of the scheme: partition 0 holds what
// an archive split by it has under user_id_hash16=0.
func ExampleDimension_Kafka() {
	topic, err := partition.ByHash("user_id", 16).Kafka()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(topic.Partitions(), topic.Long(42))
	// Output: 16 0
}

// A path's directory under another name than the column's, which says the rule.
func ExampleDimension_Named() {
	day := partition.ByDay("fecha")
	fmt.Println(day, day.Named(day.Name()+"_"+day.Rule()))
	// Output: day(fecha) day(fecha_day)
}

func ExampleDimension_Rule() {
	for _, d := range []partition.Dimension{partition.ByHour("fecha"), partition.ByHash("user_id", 16), partition.ByValue("region")} {
		fmt.Println(d.Rule(), d.Buckets())
	}
	// Output:
	// hour 0
	// hash 16
	// value 0
}

func ExampleNewTopics() {
	topics, err := partition.NewTopics("user_events", []string{"purchase", "page_view"},
		partition.TopicOptions{Default: "user_events.other"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(topics.All())
	fmt.Println(topics.Topic("purchase"))
	fmt.Println(topics.Topic("../etc/passwd"))

	_, err = partition.NewTopics("user_events", []string{"page.view", "page_view"}, partition.TopicOptions{})
	fmt.Println(err)
	// Output:
	// [user_events.purchase user_events.page_view user_events.other]
	// user_events.purchase <nil>
	// user_events.other <nil>
	// cannot name the topic of the type "page_view": partition: bad topic: "user_events.page_view" collides with "user_events.page.view": Kafka takes '.' and '_' for the same: give it a name in Names
}

// A fourth shard takes a quarter of the keys, and only what it takes moves.
func ExampleNewShards() {
	names := []partition.Shard{{Name: "redis-0"}, {Name: "redis-1"}, {Name: "redis-2"}, {Name: "redis-3"}}
	before, err := partition.NewShards(names[:3]...)
	if err != nil {
		fmt.Println(err)
		return
	}
	after, err := partition.NewShards(names...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(before.Pick("user-1"), after.Pick("user-1"), before.PickInt(42))
	fmt.Println(before.Moves(after))
	// Output:
	// redis-1 redis-1 redis-2
	// 0.25
}

// A shard with three times the weight gets three times the keys.
func ExampleShards_Moves() {
	equal, err := partition.NewShards(partition.Shard{Name: "a"}, partition.Shard{Name: "b"})
	if err != nil {
		fmt.Println(err)
		return
	}
	uneven, err := partition.NewShards(partition.Shard{Name: "a", Weight: 3}, partition.Shard{Name: "b"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(equal.Moves(uneven)) // a had a half and has three quarters
	// Output: 0.25
}

func ExampleMoved() {
	before, err := partition.NewShards(partition.Shard{Name: "a"}, partition.Shard{Name: "b"})
	if err != nil {
		fmt.Println(err)
		return
	}
	after, err := partition.NewShards(partition.Shard{Name: "b"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(partition.Moved(before, after, slices.Values([]string{"ana", "luis", "eva", "pau"})))
	// Output: 3 4
}

// One user in one week of a table by month and hash: two months, one bucket.
func ExampleScheme_Filter() {
	scheme, err := partition.New(partition.ByMonth("order_date"), partition.ByHash("user_id", 16))
	if err != nil {
		fmt.Println(err)
		return
	}
	filter, err := scheme.Filter(
		partition.Between("order_date", at, at.AddDate(0, 0, 7)),
		partition.OneOf("user_id", partition.Int(42)),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(filter.Prune([]string{
		"order_date=2026-10/user_id=0",
		"order_date=2026-11/user_id=0",
		"order_date=2026-11/user_id=1",
		"order_date=2026-12/user_id=0",
	}))
	fmt.Println(filter.MayHold("order_date=2026-12/user_id=7"))
	fmt.Println(filter.MayLead("order_date=2026-10")) // no need to list it
	// Output:
	// [order_date=2026-11/user_id=0 order_date=2026-12/user_id=0] <nil>
	// false <nil>
	// false <nil>
}

func ExampleBetween() {
	scheme, err := partition.New(partition.ByDay("fecha"))
	if err != nil {
		fmt.Println(err)
		return
	}
	midnight := at.Truncate(24 * time.Hour)
	filter, err := scheme.Filter(partition.Between("fecha", midnight, midnight.AddDate(0, 0, 1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(filter.Prune([]string{"fecha=2026-11-23", "fecha=2026-11-24", "fecha=2026-11-25"}))
	// Output: [fecha=2026-11-24] <nil>
}

func ExampleOneOf() {
	scheme, err := partition.New(partition.ByValue("region"))
	if err != nil {
		fmt.Println(err)
		return
	}
	filter, err := scheme.Filter(partition.OneOf("region", partition.String("norte"), partition.Null()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(filter.Prune([]string{"region=norte", "region=sur", "region=" + partition.NullSegment}))
	// Output: [region=norte region=__HIVE_DEFAULT_PARTITION__] <nil>
}

// Rows of a batch by day and region: their columns as a Parquet reader has them.
func ExampleScheme_NewSplitter() {
	scheme, err := partition.New(partition.ByDay("fecha"), partition.ByValue("region"))
	if err != nil {
		fmt.Println(err)
		return
	}
	splitter, err := scheme.NewSplitter()
	if err != nil {
		fmt.Println(err)
		return
	}
	parts, paths, err := splitter.Split(4,
		partition.Vector{Ints: []int64{at.UnixMicro(), at.UnixMicro() + 1, 0, at.UnixMicro()}},
		partition.Vector{Codes: []uint32{1, 0, 0, 0}, Dict: []string{"norte", "sur"}, Valid: []bool{true, true, true, false}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(parts)
	for _, path := range paths {
		fmt.Println(path)
	}
	// Output:
	// [0 1 2 3]
	// fecha=2026-11-24/region=sur
	// fecha=2026-11-24/region=norte
	// fecha=1970-01-01/region=norte
	// fecha=2026-11-24/region=__HIVE_DEFAULT_PARTITION__
}

// orders is one declaration for both databases.
var orders = partition.Table{
	Name: "ordenes",
	Columns: []partition.Column{
		{Name: "order_id", Type: partition.Int64Type},
		{Name: "order_date", Type: partition.TimestampType},
		{Name: "total_amount", Type: partition.DecimalType, Precision: 10, Scale: 2},
		{Name: "status", Type: partition.TextType, Length: 20, LowCardinality: true},
	},
	Key:     []string{"order_id", "order_date"},
	Indexes: []partition.Index{{Columns: []string{"status"}}},
}

func ExampleTable_PostgreSQL() {
	scheme, err := partition.New(partition.ByMonth("order_date"))
	if err != nil {
		fmt.Println(err)
		return
	}
	statements, err := orders.PostgreSQL(scheme, partition.PostgreSQLOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, statement := range statements {
		fmt.Println(statement)
	}
	// Output:
	// CREATE TABLE IF NOT EXISTS "ordenes" (
	//     "order_id" bigint NOT NULL,
	//     "order_date" timestamp with time zone NOT NULL,
	//     "total_amount" numeric(10,2) NOT NULL,
	//     "status" varchar(20) NOT NULL,
	//     PRIMARY KEY ("order_id", "order_date")
	// ) PARTITION BY RANGE ("order_date")
	// CREATE INDEX IF NOT EXISTS "ordenes_status_idx" ON "ordenes" ("status")
}

// The partitions of the next two months, to be made before they begin.
func ExampleTable_PostgreSQLParts() {
	scheme, err := partition.New(partition.ByMonth("order_date"))
	if err != nil {
		fmt.Println(err)
		return
	}
	statements, err := orders.PostgreSQLParts(scheme, at, at.AddDate(0, 1, 0), partition.PostgreSQLOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, statement := range statements {
		fmt.Println(statement)
	}
	// Output:
	// CREATE TABLE IF NOT EXISTS "ordenes_2026_11" PARTITION OF "ordenes" FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00')
	// CREATE TABLE IF NOT EXISTS "ordenes_2026_12" PARTITION OF "ordenes" FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00')
}

func ExampleTable_ClickHouse() {
	scheme, err := partition.New(partition.ByMonth("order_date"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(orders.ClickHouse(scheme, partition.ClickHouseOptions{Engine: "ReplacingMergeTree"}))
	// Output:
	// CREATE TABLE IF NOT EXISTS `ordenes` (
	//     `order_id` Int64,
	//     `order_date` DateTime64(6, 'UTC'),
	//     `total_amount` Decimal(10, 2),
	//     `status` LowCardinality(String)
	// )
	// ENGINE = ReplacingMergeTree
	// PARTITION BY toYYYYMM(`order_date`)
	// ORDER BY (`order_id`, `order_date`) <nil>
}

func ExampleScheme_Dimensions() {
	scheme, err := partition.New(partition.ByDay("fecha"), partition.ByValue("region"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range scheme.Dimensions() {
		fmt.Println(d.Name(), d)
	}
	// Output:
	// fecha day(fecha)
	// region value(region)
}
