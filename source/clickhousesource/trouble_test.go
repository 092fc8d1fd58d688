package clickhousesource_test

import (
	"bytes"
	"context"
	"net"
	"sync"
	"testing"

	"github.com/ClickHouse/ch-go"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/clickhousetest"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/clickhousesource"
)

func chSetting(key, value string) ch.Setting {
	return ch.Setting{Key: key, Value: value, Important: true}
}

// secret is a password that no error may have.
const secret = "s3cret-sentinel"

// refused makes a log that can't be made.
func refused[E any](t testing.TB, options clickhousesource.Options[E]) error {
	options.Client.Password = secret
	table, err := clickhousesource.New(t.Context(), options)
	require.Error(t, err)
	require.Nil(t, table)
	require.NotContains(t, err.Error(), secret)
	return err
}

func TestTablesThatDontFit(t *testing.T) {
	client := database(t, wideTable)
	try := func(want error, says string, err error) {
		require.ErrorIs(t, err, want, says)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), secret)
	}
	try(source.ErrColumn, `no column "gone"`, wrong[struct {
		N int64 `anabranch:"gone"`
	}](t, client))
	try(source.ErrColumn, `column "n" is a UInt8 in the table, and string here`, wrong[struct {
		N string `anabranch:"n"`
	}](t, client))
	try(source.ErrColumn, `column "Text" is a String in the table, and int here`, wrong[struct{ Text int64 }](t, client))
	try(source.ErrColumn, `column "Price" is a Nullable(Decimal(38, 3)) in the table, and a decimal of scale 2 here`, wrong[struct {
		Price int64 `anabranch:"Price,decimal=2"`
	}](t, client))
	try(source.ErrColumn, `column "other" is a Array(String)`, wrong[struct {
		Other []string `anabranch:"other"`
	}](t, client))
	try(source.ErrSchema, "", wrong[int](t, client))
	clickhousetest.Run(t, client, "DROP TABLE t")
	try(clickhousesource.ErrTable, "it isn't there", wrong[sale](t, client))
}

// wrong gives the error of a log of the table t.
func wrong[E any](t testing.TB, client ch.Options) error {
	table, err := clickhousesource.New(t.Context(), clickhousesource.Options[E]{Client: client, Table: "t"})
	require.Nil(t, table)
	return err
}

func TestOptionsThatAreNone(t *testing.T) {
	for _, options := range []clickhousesource.Options[sale]{
		{Client: ch.Options{Address: "localhost:9000"}},
		{Table: "t"},
		{Table: "t", Client: ch.Options{Address: "localhost:9000"}, ChunkRows: -1},
		{Table: "t", Addresses: []string{"user:" + secret + "@localhost:9000"}},
	} {
		require.ErrorIs(t, refused(t, options), source.ErrOptions)
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.ErrorIs(t, refused(t, clickhousesource.Options[sale]{Table: "t", Addresses: []string{l.Addr().String()}}), clickhousesource.ErrServer)
}

// TestAValueThatNoFieldHolds: a decimal of more than 64 bits is found at once.
func TestAValueThatNoFieldHolds(t *testing.T) {
	client := database(t, "CREATE TABLE t (price Decimal(38, 2)) ENGINE = MergeTree ORDER BY tuple()", "INSERT INTO t VALUES (1e30)")
	require.ErrorContains(t, wrong[struct {
		Price int64 `anabranch:"price,decimal=2"`
	}](t, client), "overflow")
}

func TestTheTableGoesAway(t *testing.T) {
	client := sales(t, "MergeTree", "at")
	table := open(t, client, clickhousesource.Options[sale]{})
	clickhousetest.Run(t, client, "DROP TABLE t")
	reader, err := table.Open(t.Context(), 0, 0)
	require.NoError(t, err)
	_, err = reader.Next(t.Context())
	require.ErrorIs(t, err, clickhousesource.ErrTable)
	require.NoError(t, table.Close())
	_, err = reader.Next(t.Context())
	require.ErrorIs(t, err, clickhousesource.ErrClosed)
}

// TestReadersGoOn after a server that broke off amid a page, and after a context that
// ended while the server said nothing.
func TestReadersGoOn(t *testing.T) {
	client := sales(t, "MergeTree", "at")
	ctx, cancel := context.WithCancel(t.Context())
	fates := []clickhousetest.Fate{clickhousetest.BreakOff, clickhousetest.Stall}
	var mu sync.Mutex
	table := open(t, client, clickhousesource.Options[sale]{Addresses: []string{clickhousetest.Proxy(t, client.Address, nil, func(sent []byte) clickhousetest.Fate {
		mu.Lock()
		defer mu.Unlock()
		if len(fates) == 0 || !bytes.Contains(sent, []byte("OFFSET")) {
			return clickhousetest.Pass
		}
		fate := fates[0]
		if fates = fates[1:]; fate == clickhousetest.Stall {
			cancel()
		}
		return fate
	})}})
	reader, err := table.Open(t.Context(), 0, 40)
	require.NoError(t, err)
	_, err = reader.Next(ctx)
	require.ErrorIs(t, err, clickhousesource.ErrServer)
	_, err = reader.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
	chunk, err := reader.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(40), chunk.From)
	require.Equal(t, 5, chunk.Len())
}
