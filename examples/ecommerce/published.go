package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/redis/go-redis/v9"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/delta/redisdelta"
	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/clickhousesink"
	"github.com/anabranch-go/anabranch/sink/redissink"
)

// published are the systems that finished rows of the sales go to: by the hour to
// Redis, where any program finds the newest of a category and region by
//
//	HGETALL shop:{ventas:categoria=libros:region=norte}:latest
//
// and by the day to ClickHouse's table metricas_diarias.
type published struct {
	redis  redis.UniversalClient // nil where there's none
	newest *redissink.Sink[Place, Sales]

	daily *clickhousesink.Table[Place, Sales] // nil where there's none
}

// redisPrefix begins the keys of finished rows.
const redisPrefix = "shop"

func (s *systems) openRedis(ctx context.Context, o options) (err error) {
	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: addresses(o.redis), TLSConfig: o.tlsConfig(), ContextTimeoutEnabled: true,
		Username: os.Getenv("REDIS_USERNAME"), Password: os.Getenv("REDIS_PASSWORD")})
	s.closers = append(s.closers, func() { _ = client.Close() })
	if s.deltas, err = redisdelta.New(ctx, client, redisdelta.Options{}); err != nil {
		return err
	}
	if roles[o.role].serve {
		s.redis = client
		s.newest, err = redissink.Open[Place, Sales](ctx, client, redisPrefix, redissink.Options{})
	}
	return err
}

func (s *systems) openClickHouse(ctx context.Context, o options) (err error) {
	byMonth, err := partition.New(partition.ByMonth("fecha"))
	if err != nil {
		return err
	}
	s.daily, err = clickhousesink.Open[Place, Sales](ctx, clickhousesink.Options{
		Addresses: addresses(o.clickhouse),
		Client: ch.Options{TLS: o.tlsConfig(), User: os.Getenv("CLICKHOUSE_USERNAME"), Password: os.Getenv("CLICKHOUSE_PASSWORD"),
			Database: os.Getenv("CLICKHOUSE_DATABASE")},
		Table:  "metricas_diarias",
		Schema: sink.SchemaOptions{Rename: map[string]string{"window_start": "fecha"}},
		Columns: map[string]clickhousesink.Column{
			"fecha": {NotNull: true, Date: time.UTC}, "window_end": {NotNull: true}, "ventas_total": {Precision: 10}, "conversion_rate": {Precision: 5},
		},
		Scheme:  byMonth,
		Order:   []string{"fecha", "categoria", "region", "view", "window_end"},
		Current: []string{"fecha", "categoria", "region", "ventas_total", "ordenes_total", "clientes_unicos", "conversion_rate"},
		Create:  true,
	})
	if err == nil {
		s.closers = append(s.closers, func() { _ = s.daily.Close() })
	}
	return err
}

// publishers keep what is published up to date, each until its context ends.
func (p *published) publishers(h handles) (out []func(context.Context) error) {
	if p.newest != nil {
		out = append(out, func(ctx context.Context) error {
			return lambda.Publish(ctx, h.sales, p.newest, lambda.PublishOptions{})
		})
	}
	if p.daily != nil {
		out = append(out, func(ctx context.Context) error {
			return lambda.Publish(ctx, h.sales, p.daily, lambda.PublishOptions{Range: lambda.Ever().By(days)})
		})
	}
	return out
}

// errForeign says that there are newer rows than this archive's.
var errForeign = errors.New("these are results of another log, or of an archive that has come further")

// versionAt is the version of rows of so many events.
func versionAt(a *lambda.Answer[Place, Sales], events int64) int64 {
	return lambda.RowVersion(a.Provenance().Version, events)
}

// check writes the answers once more, which changes nothing if they're there, then
// reads what a user of the other system finds, and compares. Newer rows may be
// another serving process's, and aren't compared then; of more events than the log
// has they are a mistake.
func (p *published) check(ctx context.Context, c *check, a answers, end int64) error {
	if p.newest != nil {
		if err := p.newest.Write(ctx, a.sales.SinkRows()); err != nil {
			return err
		}
		if err := p.checkRedis(ctx, c, a, end); err != nil {
			return err
		}
	}
	if p.daily != nil {
		if err := p.daily.Write(ctx, a.dailySales.SinkRows()); err != nil {
			return err
		}
		rows, err := p.daily.Rows(ctx)
		if err != nil {
			return err
		}
		answered := map[cell[Place]]Sales{}
		for row := range a.dailySales.Rows() {
			answered[cell[Place]{row.Window.Start.Unix(), row.Key}] = row.Value
		}
		found := map[cell[Place]]Sales{}
		for _, row := range rows {
			group, value := cell[Place]{row.Window.Start.Unix(), row.Key}, row.Value
			switch {
			case row.Version > versionAt(a.dailySales, end):
				return fmt.Errorf("%w: the table metricas_diarias has %v of %s of version %d: drop it, or set CLICKHOUSE_DATABASE",
					errForeign, row.Key, row.Window.Start.Format(time.DateOnly), row.Version)
			case row.Version > versionAt(a.dailySales, a.dailySales.Provenance().Offsets()):
				var ours bool
				if value, ours = answered[group]; !ours {
					continue
				}
			}
			found[group] = value
		}
		compare(c, "metricas_diarias", a.dailySales, found)
	}
	return nil
}

// checkRedis reads the newest hour of each place, as a program in any language does.
func (p *published) checkRedis(ctx context.Context, c *check, a answers, end int64) error {
	newest := map[Place]lambda.Row[Place, Sales]{}
	for row := range a.sales.Rows() { // by window
		newest[row.Key] = row
	}
	for place, row := range newest {
		name, err := p.newest.LatestKey(sales.Name, place)
		if err != nil {
			return err
		}
		fields, err := p.redis.HGetAll(ctx, name).Result()
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", name, err)
		}
		version, err := strconv.ParseInt(fields["version"], 10, 64)
		if err != nil {
			return fmt.Errorf("%s has no version: %w", name, err)
		}
		if version > versionAt(a.sales, end) {
			return fmt.Errorf("%w: Redis has %s of version %d: delete the keys %s:*", errForeign, name, version, redisPrefix)
		}
		if version > versionAt(a.sales, a.sales.Provenance().Offsets()) {
			continue
		}
		v := row.Value
		want := []string{row.Window.Start.Format(time.RFC3339), decimal(v.Cents), fmt.Sprint(v.Orders), fmt.Sprint(v.Users), v.Conversion().Rate()}
		found := []string{fields["window_start"], fields["ventas_total"], fields["ordenes_total"], fields["clientes_unicos"], fields["conversion_rate"]}
		c.checked++
		if strings.Join(found, " ") != strings.Join(want, " ") {
			c.differ("Redis, %s: found %v, and the answer is %v", name, found, want)
		}
	}
	return nil
}
