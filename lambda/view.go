package lambda

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// View declares one metric over events of E: what to select, what to group by,
// which window each event belongs to, and what to fold. It's declared once, and
// runs the same in the speed layer, in the batch layer and in queries.
type View[E, K, R any] struct {
	// Name is the view's, in the archive too: letters, digits, _ . and -.
	Name string
	// Version says which definition this is. Raise it when the definition
	// changes. It must be 1 or more where the view holds code (Map, Match, Func,
	// a closure, an aggregate of the caller's), since code can't be compared.
	Version int
	// Time is the event time. It must not be null in a selected event. A view over
	// the global window may do without, where it isn't registered: see Compute.
	Time source.Field[E, time.Time]
	// Where selects events; the zero value selects all.
	Where source.Predicate[E]
	// Key groups events: By, By2, By3, ByFunc or All.
	Key Key[E, K]
	// Window assigns each event, by its time, to one window. Queries may roll
	// windows up, never take them apart.
	Window window.Spec
	// Aggregate folds the events of a key and window.
	Aggregate aggregate.Aggregate[E, R]
	// Lateness configures the watermark. It decides what is reported as late
	// and as final, never what counts; it isn't part of the definition.
	Lateness window.Lateness
}

// maxVersion leaves room for versions in rows' versions: see RowVersion.
const maxVersion = 1<<15 - 1

var viewName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$`)

func (v View[E, K, R]) check() error {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !viewName.MatchString(v.Name) {
		add("the name %q isn't 1 to 100 letters, digits, _ . or -", v.Name)
	}
	if v.Time.IsZero() && !v.Window.IsGlobal() {
		add("it has no Time; make one with source.FieldOf")
	}
	if err := v.Window.Validate(); err != nil {
		add("%w", err)
	}
	if err := v.Key.check(); err != nil {
		add("%w", err)
	}
	if v.Version < 0 || v.Version > maxVersion {
		add("version %d isn't one from 0 to %d", v.Version, maxVersion)
	}
	if v.Aggregate == nil {
		add("it has no Aggregate")
	} else if v.Version == 0 && v.hasCode() {
		add("it holds code, which can't be compared: set Version to 1, and raise it whenever the code's meaning changes")
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%w: %q: %w", ErrView, v.Name, err)
	}
	return nil
}

func (v View[E, K, R]) hasCode() bool {
	return v.Time.HasCode() || v.Where.HasCode() || v.Key.hasCode() || v.Aggregate.HasCode()
}

// definition is the text that a fingerprint is made of: all that decides what a
// state holds.
func (v View[E, K, R]) definition() string {
	return strings.Join([]string{
		"states/1",
		"name=" + v.Name,
		fmt.Sprintf("version=%d", v.Version),
		"time=" + v.Time.String(),
		"where=" + v.Where.String(),
		"key=" + v.Key.String(),
		"window=" + v.Window.Fingerprint(),
		"aggregate=" + v.Aggregate.String(),
		"codec=" + v.Aggregate.Codec(),
	}, "\n")
}

func fingerprint(definition string) string {
	sum := sha256.Sum256([]byte(definition))
	return hex.EncodeToString(sum[:16])
}

// definition is what the layers need of a view, whatever its K and R.
type definition[E any] struct {
	name        string
	version     int
	fingerprint string
	codec       string
	text        string // the definition, for people
	window      window.Spec
	lateness    window.Lateness
	keyTypes    []keyType
	limits      func(column int) (source.Limits, bool) // of the selected events
	bind        func() (*plan[E], error)
}

// plan is a view bound to the schema, with the scratch of one goroutine.
type plan[E any] struct {
	*definition[E]
	frame   *source.Frame[E]
	filter  *source.Filter[E]
	time    int   // or noTime
	keys    []int // slots of the key's parts
	columns []int // of the schema: the projection
	states  func() aggregate.States[E]
	space   *keySpace // of the tables to come

	all, rows []int32 // all is 0, 1, 2, …
	times     []int64
	windows   []int64
	vectors   []*source.Vector
	groups    []uint32
}

// noTime is the slot of a view without a time.
const noTime = -1

// define checks the view and makes its definition, of which more lines may be a
// part.
func define[E, K, R any](v View[E, K, R], more ...string) (*definition[E], error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	text := strings.Join(append([]string{v.definition()}, more...), "\n")
	d := &definition[E]{
		name: v.Name, version: v.Version, fingerprint: fingerprint(text), codec: v.Aggregate.Codec(),
		text: text, window: v.Window, lateness: v.Lateness, keyTypes: v.Key.types(),
		limits: v.Where.Limits,
	}
	d.bind = func() (*plan[E], error) {
		b, err := source.NewBinder[E]()
		if err != nil {
			return nil, err
		}
		p := &plan[E]{definition: d}
		if p.time = noTime; !v.Time.IsZero() {
			if p.time, err = v.Time.Bind(b); err != nil {
				return nil, fmt.Errorf("time: %w", err)
			}
		}
		if p.filter, err = v.Where.Bind(b); err != nil {
			return nil, fmt.Errorf("where: %w", err)
		}
		if p.keys, err = v.Key.bind(b); err != nil {
			return nil, err
		}
		maker, err := v.Aggregate.Bind(b)
		if err != nil {
			return nil, fmt.Errorf("aggregate: %w", err)
		}
		p.states = func() aggregate.States[E] { return maker() }
		p.columns = b.Columns()
		p.frame = b.NewFrame()
		p.vectors = make([]*source.Vector, len(p.keys))
		return p, nil
	}
	if _, err := d.bind(); err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrView, v.Name, err)
	}
	return d, nil
}
