package statekit_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/internal/statekit"
	"github.com/anabranch-go/anabranch/source"
)

func vector(texts ...string) *source.Vector {
	interner := source.NewInterner()
	v := &source.Vector{Kind: source.String}
	for _, text := range texts {
		v.Codes = append(v.Codes, interner.Code(text))
	}
	v.Dict = interner.Dictionary()
	return v
}

func TestTidyKeepsWhatIsUsed(t *testing.T) {
	s := statekit.NewValues[int](source.String)
	s.Grow(2)
	addOf := func(group uint32, v *source.Vector) {
		words := s.Words(nil, v, []int32{0})
		*s.At(group, words[0])++
	}
	add := func(group uint32, text string) { addOf(group, vector(text)) }
	late := vector("late") // what was known of its dictionary is no longer true
	addOf(0, late)
	add(1, "kept")
	var texts []string
	var rows []int32
	for i := range 100_000 {
		texts, rows = append(texts, strconv.Itoa(i)), append(rows, int32(i))
	}
	for _, word := range s.Words(nil, vector(texts...), rows) {
		*s.At(0, word)++
	}
	s.Drop(0)
	add(1, "too")
	s.Tidy()
	add(1, "kept")
	addOf(1, late)
	got := map[string]int{}
	for word, n := range s.All(1) {
		require.Less(t, word, uint64(4), "numbers begin anew")
		got[s.Text(word)] = *n
	}
	require.Equal(t, map[string]int{"kept": 2, "too": 1, "late": 1}, got)
}

func TestTheCacheForgetsOldDictionaries(t *testing.T) {
	var c statekit.Cache[int]
	dictionaries := make([]source.Dictionary, 20)
	for i := range dictionaries {
		dictionaries[i] = vector(fmt.Sprint("text ", i), "other").Dict
	}
	for range 3 {
		for i, d := range dictionaries {
			values := c.Of(d)
			require.Equal(t, []int{0, 0}, values, "it's that of another dictionary")
			values[0] = i + 1
			require.Equal(t, []int{i + 1, 0}, c.Of(d))
		}
	}
	require.Equal(t, []int{20, 0}, c.Of(dictionaries[19]))
	require.Equal(t, []int{15, 0}, c.Of(dictionaries[14]))
	c.Forget()
	require.Equal(t, []int{0, 0}, c.Of(dictionaries[19]))
}

func TestWhatCanBeToldApart(t *testing.T) {
	require.NoError(t, statekit.Telling(source.Time))
	require.ErrorIs(t, statekit.Telling(source.Opaque), aggregate.ErrKind)
}

func TestCountsStayAtTheGreatest(t *testing.T) {
	const most = 1<<63 - 1
	require.EqualValues(t, most, statekit.AddCapped(most, 1))
	require.EqualValues(t, most, statekit.AddCapped(most-1, 1))
	require.EqualValues(t, most, statekit.AddCapped(most, most))
	require.EqualValues(t, 3, statekit.AddCapped(1, 2))
}
