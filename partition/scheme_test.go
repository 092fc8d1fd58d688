package partition

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func mustNew(t require.TestingT, dims ...Dimension) Scheme {
	s, err := New(dims...)
	require.NoError(t, err)
	return s
}

func TestNewRefuses(t *testing.T) {
	for name, dims := range map[string][]Dimension{
		"no dims":             nil,
		"zero dimension":      {{}},
		"named, no rule":      {{name: "a"}},
		"empty name":          {ByDay("")},
		"repeated":            {ByDay("a"), ByHash("a", 4)},
		"repeated but case":   {ByDay("año"), ByHash("AÑO", 4)},
		"slash":               {ByValue("a/b")},
		"equals":              {ByValue("a=b")},
		"dots":                {ByValue("..")},
		"hidden":              {ByValue("_a")},
		"null's own":          {ByValue(NullSegment)},
		"NUL":                 {ByValue("a\x00")},
		"invalid UTF-8":       {ByValue("a\xff")},
		"no buckets":          {ByHash("a", 0)},
		"negative buckets":    {ByHash("a", -1)},
		"more than int32":     {ByHash("a", math.MaxInt32+1)},
		"second one is wrong": {ByDay("a"), ByHash("b", 0)},
	} {
		_, err := New(dims...)
		require.ErrorIs(t, err, ErrScheme, name)
	}
}

func TestNewCopies(t *testing.T) {
	dims := []Dimension{ByDay("a"), ByValue("b")}
	s := mustNew(t, dims...)
	dims[0] = ByYear("z")
	require.Equal(t, "day(a)/value(b)", s.String())
}

func TestSchemeString(t *testing.T) {
	s := mustNew(t, ByHour("a"), ByDay("b"), ByMonth("c"), ByYear("d"), ByHash("user_id", 16), ByValue("región"))
	require.Equal(t, "hour(a)/day(b)/month(c)/year(d)/hash(user_id,16)/value(región)", s.String())
	require.Empty(t, Scheme{}.String())
	require.Equal(t, "invalid()", Dimension{}.String())
}

func TestPath(t *testing.T) {
	at := time.Date(2026, 11, 24, 1, 30, 0, 0, time.FixedZone("east", 2*3600)) // the 23rd in UTC
	cases := []struct {
		dim   Dimension
		value Value
		want  string
	}{
		{ByHour("t"), Time(at), "t=2026-11-23-23"},
		{ByDay("t"), Time(at), "t=2026-11-23"},
		{ByMonth("t"), Time(at), "t=2026-11"},
		{ByYear("t"), Time(at), "t=2026"},
		{ByDay("t"), Time(time.Time{}), "t=0001-01-01"},
		{ByDay("t"), Null(), "t=" + NullSegment},
		{ByDay("t"), Value{}, "t=" + NullSegment},
		{ByHash("h", 50), String("foobar"), "h=16"},
		{ByHash("h", 1), Int(-7), "h=0"},
		{ByHash("h", 50), Null(), "h=" + NullSegment},
		{ByValue("v"), Int(math.MinInt64), "v=-9223372036854775808"},
		{ByValue("v"), String("norte"), "v=norte"},
		{ByValue("v"), String("Castilla y León"), "v=Castilla y León"},
		{ByValue("v"), String("../../etc/passwd"), "v=%2E.%2F..%2Fetc%2Fpasswd"},
		{ByValue("v"), String(""), "v=" + NullSegment},
		{ByValue("v"), String(NullSegment), "v=%5F_HIVE_DEFAULT_PARTITION__"},
	}
	for _, c := range cases {
		path, err := mustNew(t, c.dim).Path(c.value)
		require.NoError(t, err)
		require.Equal(t, c.want, path)
	}
}

func TestPathRefuses(t *testing.T) {
	day, hash, value := ByDay("t"), ByHash("h", 4), ByValue("v")
	for name, c := range map[string]struct {
		dims   []Dimension
		values []Value
	}{
		"too few":               {[]Dimension{day, hash}, []Value{Time(time.Unix(0, 0))}},
		"too many":              {[]Dimension{hash}, []Value{Int(1), Int(2)}},
		"none":                  {[]Dimension{hash}, nil},
		"int as time":           {[]Dimension{day}, []Value{Int(1)}},
		"text as time":          {[]Dimension{day}, []Value{String("2026-11-24")}},
		"time hashed":           {[]Dimension{hash}, []Value{Time(time.Unix(0, 0))}},
		"time as value":         {[]Dimension{value}, []Value{Time(time.Unix(0, 0))}},
		"year 10000":            {[]Dimension{day}, []Value{Time(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))}},
		"year 0":                {[]Dimension{day}, []Value{Time(time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC))}},
		"too long":              {[]Dimension{value}, []Value{String(strings.Repeat("x", 254))}},
		"too long once escaped": {[]Dimension{value}, []Value{String(strings.Repeat("/", 85))}},
	} {
		_, err := mustNew(t, c.dims...).Path(c.values...)
		require.ErrorIs(t, err, ErrValue, name)
	}
	longest, err := mustNew(t, value).Path(String(strings.Repeat("x", 253)))
	require.NoError(t, err)
	require.Len(t, longest, 255)

	_, err = Scheme{}.Path()
	require.ErrorIs(t, err, ErrScheme)
	_, err = Scheme{}.Parse("a=1")
	require.ErrorIs(t, err, ErrScheme)
}

func TestParseRefuses(t *testing.T) {
	s := mustNew(t, ByDay("t"), ByHash("h", 16), ByValue("v"))
	for _, path := range []string{
		"", "/", "t=2026-11-24", "t=2026-11-24/h=7", "t=2026-11-24/h=7/v=a/x", "t=2026-11-24/h=7/v=a/",
		"/t=2026-11-24/h=7/v=a", "h=7/t=2026-11-24/v=a", "t=2026-11-24/h=7/w=a", "t=2026-11-24/h=7/v",
		"t=2026-11-24/h=7/v=", "t=2026-11-24/h=16/v=a", "t=2026-11-24/h=-1/v=a", "t=2026-11-24/h=07/v=a",
		"t=2026-11-24/h=+7/v=a", "t=2026-02-30/h=7/v=a", "t=2026-11/h=7/v=a", "t=0000-01-01/h=7/v=a",
		"t=hoy/h=7/v=a", "../h=7/v=a", "t=2026-11-24/h=99999999999999999999/v=a",
	} {
		_, err := s.Parse(path)
		require.ErrorIs(t, err, ErrPath, path)
		require.Contains(t, err.Error(), fmt.Sprintf("%q", path), "the error names the path")
	}
	for _, path := range []string{"t=2026-11-24/h=7/v=%", "t=2026-11-24/h=7/v=%4", "t=2026-11-24/h=7/v=%G0"} {
		_, err := s.Parse(path)
		require.ErrorIs(t, err, ErrEscape, path)
		require.Contains(t, err.Error(), fmt.Sprintf("%q", path), "the error names the path")
	}
	// What another writer escapes more eagerly, and in small letters.
	texts, err := s.Parse("t=2026%2d11-24/h=%37/v=%c3%b1%41")
	require.NoError(t, err)
	require.Equal(t, []string{"2026-11-24", "7", "ñA"}, texts)
}

// anyText draws text of all sorts: raw bytes, Unicode, and what is special here.
func anyText() *rapid.Generator[string] {
	special := rapid.SampledFrom([]string{"", ".", "..", "_", "%", "%2F", "/", "\\", "\x00", " ", "=", NullSegment,
		"%5F_HIVE_DEFAULT_PARTITION__", "ñ", "\xff", "\xc3", "\u202e", "\u0085", "\ufeff", "\ufffd", "a", "北京"})
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.SliceOfN(special, 0, 5), func(parts []string) string { return strings.Join(parts, "") }),
	)
}

// Parse undoes Path for any scheme and values, and each text is what the value
// said it would be.
func TestPathRoundTrip(t *testing.T) {
	layout := map[rule]string{byHour: "2006-01-02-15", byDay: "2006-01-02", byMonth: "2006-01", byYear: "2006"}
	rapid.Check(t, func(t *rapid.T) {
		var dims []Dimension
		var values []Value
		var want []string
		for i := range rapid.IntRange(1, 4).Draw(t, "dims") {
			name := fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"a", "año", "user_id", "x.y"}).Draw(t, "name"), i)
			d := rapid.SampledFrom([]Dimension{ByHour(name), ByDay(name), ByMonth(name), ByYear(name), ByHash(name, 16), ByValue(name)}).Draw(t, "dim")
			v, expect := Null(), ""
			switch n, s := rapid.Int64().Draw(t, "int"), anyText().Draw(t, "text"); {
			case rapid.IntRange(0, 5).Draw(t, "null") == 0:
			case d.rule <= byYear:
				at := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "time"), 0)
				v, expect = Time(at), at.UTC().Format(layout[d.rule])
			case d.rule == byHash:
				v = rapid.SampledFrom([]Value{Int(n), String(s)}).Draw(t, "value")
				expect = fmt.Sprint(bucket(v, 16))
			case rapid.Bool().Draw(t, "as int"):
				v, expect = Int(n), fmt.Sprint(n)
			default:
				v, expect = String(s), s
			}
			dims, values, want = append(dims, d), append(values, v), append(want, expect)
		}
		s := mustNew(t, dims...)
		path, err := s.Path(values...)
		if err != nil {
			require.ErrorIs(t, err, ErrValue)
			require.Contains(t, err.Error(), "bytes")
			return
		}
		got, err := s.Parse(path)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, len(dims)-1, strings.Count(path, "/"))
		require.NotContains(t, "/"+path+"/", "/../")
	})
}
