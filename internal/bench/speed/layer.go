package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// evento is a record, with its money in cents.
type evento struct {
	Momento     time.Time   `json:"timestamp"`
	Usuario     string      `json:"user_id"`
	Tipo        string      `json:"event_type"`
	Sesion      string      `json:"session_id"`
	Propiedades propiedades `json:"properties"`
}

type propiedades struct {
	Producto  int64  `json:"product_id"`
	Categoria string `json:"categoria"`
	Region    string `json:"region"`
	Importe   int64  `json:"revenue" anabranch:"revenue,decimal=2"`
	Cantidad  int32  `json:"quantity"`
}

type gasto struct{ Importe, Eventos int64 }

// porUsuario is what each user spent in five minutes.
func porUsuario() lambda.View[evento, string, gasto] {
	return lambda.View[evento, string, gasto]{
		Name:   "gasto",
		Time:   source.FieldOf(func(e *evento) *time.Time { return &e.Momento }),
		Key:    lambda.By(source.FieldOf(func(e *evento) *string { return &e.Usuario })),
		Window: window.Tumbling(5 * time.Minute), Lateness: window.Lateness{Bound: 10 * time.Second},
		Aggregate: aggregate.Join(
			aggregate.To(aggregate.Sum(source.FieldOf(func(e *evento) *int64 { return &e.Propiedades.Importe })), func(g *gasto) *int64 { return &g.Importe }),
			aggregate.To(aggregate.Count[evento](), func(g *gasto) *int64 { return &g.Eventos }),
		),
	}
}

// recordLog is a log of one partition that holds JSON records.
type recordLog struct {
	records [][]byte
	schema  *source.Schema
}

func newLog(records [][]byte) (*recordLog, error) {
	schema, err := source.SchemaOf[evento]()
	return &recordLog{records, schema}, err
}

func (l *recordLog) Identity(context.Context) (string, error) { return "records", nil }
func (l *recordLog) Partitions(context.Context) (int, error)  { return 1, nil }
func (l *recordLog) End(context.Context, int) (int64, error)  { return int64(len(l.records)), nil }
func (l *recordLog) Open(_ context.Context, _ int, offset int64) (source.Reader[evento], error) {
	return &recordReader{l, source.NewBuilder[evento](l.schema, nil), source.JSON[evento](), offset}, nil
}

type recordReader struct {
	log     *recordLog
	builder *source.Builder[evento]
	decoder source.Decoder[evento]
	next    int64
}

// Next implements source.Reader.
func (r *recordReader) Next(ctx context.Context) (*source.Chunk[evento], error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	from, to := r.next, min(r.next+source.DefaultChunkRows, int64(len(r.log.records)))
	if from == to {
		return nil, io.EOF
	}
	r.builder.Reset()
	for ; r.next < to; r.next++ {
		r.builder.Decode(r.decoder, r.log.records[r.next], r.next)
	}
	c := r.builder.Chunk(0, from, to)
	if len(c.Quarantine) > 0 {
		return nil, fmt.Errorf("offset %d: %s", c.Quarantine[0].Offset, c.Quarantine[0].Reason)
	}
	return c, nil
}

// Close implements source.Reader.
func (r *recordReader) Close() error { return nil }

// sum adds up what is in the records, by the standard library.
func (l *recordLog) sum() (total gasto, err error) {
	for _, record := range l.records {
		var e struct{ Properties struct{ Revenue json.Number } }
		if err := json.Unmarshal(record, &e); err != nil {
			return total, err
		}
		var units, cents int64
		if _, err := fmt.Sscanf(string(e.Properties.Revenue), "%d.%02d", &units, &cents); err != nil {
			return total, err
		}
		total.Importe += 100*units + cents
		total.Eventos++
	}
	return total, nil
}

// decode reads all records and forgets them.
func (l *recordLog) decode() error {
	r, err := l.Open(context.Background(), 0, 0)
	for err == nil {
		_, err = r.Next(context.Background())
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// chunks keeps what the records hold.
func (l *recordLog) chunks(ctx context.Context) (chunks []*source.Chunk[evento], err error) {
	for from := int64(0); from < int64(len(l.records)); {
		r, err := l.Open(ctx, 0, from) // a chunk is its reader's until the next
		if err != nil {
			return nil, err
		}
		c, err := r.Next(ctx)
		if err != nil {
			return nil, err
		}
		chunks, from = append(chunks, c), c.Next
	}
	return chunks, nil
}

// fold folds chunks into windows, and adds up their rows.
func fold(chunks []*source.Chunk[evento], want gasto) error {
	f, err := lambda.NewFold(porUsuario())
	if err != nil {
		return err
	}
	var got gasto
	take := func(rows []lambda.Row[string, gasto]) error {
		for i := range rows {
			got.Importe, got.Eventos = got.Importe+rows[i].Value.Importe, got.Eventos+rows[i].Value.Eventos
		}
		return nil
	}
	for _, c := range chunks {
		if _, err := f.Add(c); err != nil {
			return err
		}
		if err := f.Drain(take); err != nil {
			return err
		}
	}
	f.End()
	if err := f.Drain(take); err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("the windows add up to %v, the records to %v", got, want)
	}
	return nil
}

// write makes a Parquet file of chunks.
func write(chunks []*source.Chunk[evento]) error {
	w, err := source.NewParquetWriter[evento](chunks[0].Schema)
	if err != nil {
		return err
	}
	for _, c := range chunks {
		if err := w.Write(c); err != nil {
			return err
		}
	}
	_, err = w.Close()
	return err
}

// layer is the whole speed layer.
type layer struct {
	log    *recordLog
	want   gasto
	handle *lambda.Handle[evento, string, gasto]
}

func (l *layer) run() (string, error) {
	p := lambda.New[evento](lambda.Config{Archive: archive.Memory()})
	var err error
	if l.handle, err = lambda.Register(p, porUsuario()); err != nil {
		return "", err
	}
	return "", p.Run(context.Background(), l.log)
}

// check adds up the rows of an answer.
func (l *layer) check() (string, error) {
	answer, err := l.handle.Query(context.Background(), lambda.Ever())
	if err != nil {
		return "", err
	}
	var got gasto
	for row := range answer.Rows() {
		got.Importe, got.Eventos = got.Importe+row.Value.Importe, got.Eventos+row.Value.Eventos
	}
	if got != l.want {
		return "", fmt.Errorf("the answer adds up to %v, the records to %v", got, l.want)
	}
	return fmt.Sprint(got.Importe, " ", got.Eventos), nil
}
