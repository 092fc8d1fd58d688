package lambda

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/source"
)

// Config assembles a pipeline. Only Archive is required.
type Config struct {
	// Archive is the object store of the master data set: archive.Dir,
	// archive.Memory, or an adapter's.
	Archive archive.Store
	// Deltas shares open deltas with other processes; nil keeps them in this
	// one's memory. Nothing durable derives from it.
	Deltas delta.Store
	// Observer is told what happens; nil tells nobody.
	Observer Observer

	// FlushInterval is how often open deltas are shown: 200 ms if zero.
	FlushInterval time.Duration
	// A segment is committed when it holds SegmentRows events (1,000,000 if
	// zero) or SegmentBytes of encoded events (64 MiB), when its first event is
	// SegmentInterval old (1 minute), or when its open deltas hold OpenStates
	// groups (1,000,000).
	SegmentRows     int64
	SegmentBytes    int64
	SegmentInterval time.Duration
	OpenStates      int
	// CacheBytes bounds the memory for decoded state files: 256 MiB if zero.
	CacheBytes int64
	// Workers is how many goroutines a batch run folds with: GOMAXPROCS if zero.
	Workers int
	// Partition splits the archive's events: its dimensions name columns of E,
	// times for those by time, integers or texts for those by hash or value. Each
	// segment then has a file for each part that it has events of, instead of one
	// for all, and files are skipped whose part can't have what a view selects.
	// The zero Scheme doesn't split. It's no part of any definition: it may differ
	// from process to process and from run to run. See "How events are laid out" in
	// the package's documentation.
	Partition partition.Scheme
}

func (c Config) withDefaults() Config {
	if c.Deltas == nil {
		c.Deltas = delta.Memory()
	}
	if c.Observer == nil {
		c.Observer = quiet{}
	}
	setDefault(&c.FlushInterval, 200*time.Millisecond)
	setDefault(&c.SegmentRows, 1_000_000)
	setDefault(&c.SegmentBytes, 64<<20)
	setDefault(&c.SegmentInterval, time.Minute)
	setDefault(&c.OpenStates, 1_000_000)
	setDefault(&c.CacheBytes, 256<<20)
	setDefault(&c.Workers, runtime.GOMAXPROCS(0))
	return c
}

func setDefault[T int | int64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Pipeline runs the views of one log: its speed layer by Run, its batch layer by
// Batch, Advance and Audit, its serving layer by the handles that Register
// gives. All may run at once, in one process or in several on the same stores.
type Pipeline[E any] struct {
	config  Config
	archive *archive.Archive
	cache   *stateCache
	schema  *source.Schema
	layout  *layout // nil where events aren't split
	err     error   // of the Config or E; every method reports it
	names   *names
	parent  ender // whose rows are the events; nil where these come from a log
	asks    int   // asksAtOnce, but in tests

	mu    sync.Mutex // guards what follows
	views []*registration[E]
	overs []func(context.Context) error // make the bases of views over these
	log   source.Source[E]              // that Run reads, or has read last
	id    string                        // of the archive, once it's known
}

// New makes a pipeline for the events of one log. What's wrong with the
// configuration or with E is reported by every method.
func New[E any](config Config) *Pipeline[E] {
	p := &Pipeline[E]{config: config.withDefaults(), asks: asksAtOnce, names: &names{taken: map[string]bool{}}}
	p.schema, p.err = source.SchemaOf[E]()
	if config.Archive == nil && p.err == nil {
		p.err = fmt.Errorf("%w: it has no Archive; archive.Dir(path) is one", ErrConfig)
	}
	if p.err == nil {
		p.layout, p.err = newLayout(p.schema, config.Partition)
	}
	if config.Archive != nil {
		p.archive = archive.New(config.Archive)
	}
	p.cache = newStateCache(p.config.CacheBytes)
	return p
}

// registration is a view as the pipeline's layers see it.
type registration[E any] struct {
	*definition[E]

	mu      sync.Mutex
	checked bool                   // the archive's live version is this one
	stopped error                  // once the view's own code has panicked
	opens   map[int]*delta.Open    // by partition: what the last answer used
	newest  numbered               // base that was read
	plans   sync.Pool              // of *plan[E], between queries
	filters map[int]*segmentFilter // by partition
}

// deltas is the name under which a delta store, which several archives may share,
// keeps the view's open deltas.
func (r *registration[E]) deltas(archiveID string) string {
	return archiveID + "/" + r.name + "/" + r.fingerprint
}

// dir is where the archive keeps the view.
func (r *registration[E]) dir() string { return "views/" + r.name }

// bases is where the archive keeps the bases of the view's version.
func (r *registration[E]) bases() string { return r.dir() + "/" + r.fingerprint }

func (r *registration[E]) stop(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped == nil {
		r.stopped = err
	}
}

func (r *registration[E]) stopError() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}

func (r *registration[E]) lastBase() numbered {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.newest
}

func (r *registration[E]) keepBase(b numbered) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.newest = b
}

// borrow gives a plan to a query, which gives it back to plans unless it fails.
func (r *registration[E]) borrow() (*plan[E], error) {
	if p, ok := r.plans.Get().(*plan[E]); ok {
		return p, nil
	}
	return r.bind()
}

func (r *registration[E]) lastOpen(partition int) *delta.Open {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.opens[partition]
}

// keepOpen keeps what an answer used, unless another answer has used more.
func (r *registration[E]) keepOpen(partition int, open *delta.Open) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := r.opens[partition]; open != nil && (last == nil || open.Low >= last.Low) {
		r.opens[partition] = open
	}
}

func (r *registration[E]) forgetOpen(partition int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.opens, partition)
}

// Handle is a registered view: what queries it. It's safe for concurrent use.
type Handle[E, K, R any] struct {
	pipeline *Pipeline[E]
	view     View[E, K, R]
	reg      *registration[E]
	readers  sync.Pool // of *rowReader[E, K, R], between queries
}

// Register adds a view to a pipeline and gives the handle that queries it. A
// view that can't run is ErrView, which says why; a name that another view of
// the pipeline has is, too. Register before Run: a layer runs the views that
// were registered when it began.
func Register[E, K, R any](p *Pipeline[E], v View[E, K, R]) (*Handle[E, K, R], error) {
	return register(p, v)
}

func register[E, K, R any](p *Pipeline[E], v View[E, K, R], more ...string) (*Handle[E, K, R], error) {
	if p.err != nil {
		return nil, p.err
	}
	d, err := define(v, more...)
	if err != nil {
		return nil, err
	}
	if v.Time.IsZero() {
		return nil, fmt.Errorf("%w: %q: it has no Time, which the speed layer needs; make one with source.FieldOf", ErrView, v.Name)
	}
	if !p.names.take(v.Name) {
		return nil, fmt.Errorf("%w: %q: the pipeline has a view of that name", ErrView, v.Name)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	reg := &registration[E]{definition: d, opens: map[int]*delta.Open{}, newest: numbered{number: -1}, filters: map[int]*segmentFilter{}}
	p.views = append(p.views, reg)
	return &Handle[E, K, R]{pipeline: p, view: v, reg: reg}, nil
}

// Err says whether the view has stopped in this process, because its own code
// panicked, and where: ErrStopped.
func (h *Handle[E, K, R]) Err() error { return h.reg.stopError() }

// Fingerprint names the view's definition: the archive keeps a view's states
// under it.
func (h *Handle[E, K, R]) Fingerprint() string { return h.reg.fingerprint }

// begin gives the registered views to a layer that writes: their definitions are
// live from here on, unless the archive has others.
func (p *Pipeline[E]) begin(ctx context.Context) ([]*registration[E], error) {
	return p.each(func(view *registration[E]) error { return p.goLive(ctx, view) })
}

// look gives the registered views to a layer that only reads, after checking that
// the archive has no other definition of them.
func (p *Pipeline[E]) look(ctx context.Context) ([]*registration[E], error) {
	return p.each(func(view *registration[E]) error {
		_, _, err := p.checkLive(ctx, view)
		return err
	})
}

func (p *Pipeline[E]) each(check func(*registration[E]) error) ([]*registration[E], error) {
	if p.err != nil {
		return nil, p.err
	}
	p.mu.Lock()
	views := p.views[:len(p.views):len(p.views)]
	p.mu.Unlock()
	for _, view := range views {
		if err := check(view); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// archiveID gives what tells this archive from all others.
func (p *Pipeline[E]) archiveID(ctx context.Context) (string, error) {
	p.mu.Lock()
	id := p.id
	p.mu.Unlock()
	if id != "" {
		return id, nil
	}
	log, err := p.archive.Log(ctx)
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.id = log.ID
	return p.id, nil
}

func (p *Pipeline[E]) setLog(log source.Source[E]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = log
}

// end is the log's end of a partition, where this process reads the log and the
// log knows it.
func (p *Pipeline[E]) end(ctx context.Context, partition int) (int64, bool) {
	if p.parent != nil {
		return p.parent.end(ctx, partition)
	}
	p.mu.Lock()
	log := p.log
	p.mu.Unlock()
	ender, ok := log.(source.Ender)
	if !ok {
		return 0, false
	}
	// Lag is worth a short wait only: the log may be away.
	bounded, cancel := context.WithTimeout(ctx, asideTimeout)
	defer cancel()
	end, err := ender.End(bounded, partition)
	return end, err == nil
}
