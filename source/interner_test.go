package source_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

// anyText is often one that was drawn before, or nearly: of the same beginning, or
// with zeros after it.
var anyText = rapid.Custom(func(t *rapid.T) string {
	text := strings.Repeat("ab", rapid.IntRange(0, 12).Draw(t, "length")) + rapid.StringN(0, 2, 4).Draw(t, "end")
	return text + strings.Repeat("\x00", rapid.IntRange(0, 2).Draw(t, "zeros"))
})

func TestInternerIsAMapOfTextsToCodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, naive := source.NewInterner(), map[string]uint32{}
		buffer := make([]byte, 0, 64)
		for _, text := range rapid.SliceOfN(anyText, 0, 300).Draw(t, "texts") {
			want, known := naive[text]
			if !known {
				want = uint32(len(naive))
				naive[text] = want
			}
			buffer = append(buffer[:0], text...)
			require.Equal(t, want, d.CodeBytes(buffer), "%q", text)
			require.Equal(t, want, d.Code(text), "%q", text)
		}
		require.Len(t, naive, d.Len())
		for text, code := range naive {
			require.Equal(t, text, d.Dictionary().Values[code])
		}
	})
}

func TestCodesAreThoseOfEachText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, each := source.NewInterner(), source.NewInterner()
		for range 3 {
			texts := rapid.SliceOfN(anyText, 0, 300).Draw(t, "texts")
			codes := make([]uint32, len(texts))
			d.Codes(codes, texts)
			for i, text := range texts {
				require.Equal(t, each.Code(text), codes[i], "%q", text)
			}
			require.Equal(t, each.Dictionary().Values, d.Dictionary().Values)
		}
	})
}

// BenchmarkInterner looks up a million texts, each twice, in a dictionary that no
// cache holds.
func BenchmarkInterner(b *testing.B) {
	const n = 1 << 20
	texts := make([]string, 2*n)
	for i := range n {
		texts[i] = fmt.Sprintf("sesion-%016x", uint64(i)*0x9E3779B97F4A7C15)
		texts[n+i] = texts[i]
	}
	rand.New(rand.NewPCG(1, 0)).Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	codes := make([]uint32, len(texts))
	b.Run("each", func(b *testing.B) {
		for b.Loop() {
			d := source.NewInterner()
			for i, text := range texts {
				codes[i] = d.Code(text)
			}
		}
	})
	b.Run("many", func(b *testing.B) {
		for b.Loop() {
			source.NewInterner().Codes(codes, texts)
		}
	})
}

type texts struct {
	A string  `json:"a"`
	B *string `json:"b"`
}

// Texts get their codes many at a time: it mustn't show.
func TestABuilderCodesTextsInTheOrderOfEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := source.NewBuilder[texts](schemaOf[texts](t), nil)
		for range 3 {
			naive, n := []texts{}, rapid.IntRange(0, 400).Draw(t, "events")
			b.Reset()
			for i := range n {
				e := texts{A: anyText.Draw(t, "a")}
				if rapid.Bool().Draw(t, "has b") {
					e.B = new(anyText.Draw(t, "b"))
				}
				switch rapid.IntRange(0, 9).Draw(t, "what") {
				case 0:
					require.NoError(t, b.SetText(0, []byte("of an event that is refused")))
					b.Reject(int64(i), nil, source.ErrValue)
					continue
				case 1:
					e.A = fmt.Sprint("é", i)
					require.NoError(t, b.SetText(0, []byte(e.A)))
					if e.B != nil {
						require.NoError(t, b.Set(1, source.Value{Kind: source.String, Text: *e.B}))
					}
					b.Commit(int64(i), nil)
				default:
					b.Append(&e, int64(i), nil)
				}
				naive = append(naive, e)
			}
			c := b.Chunk(0, 0, int64(n))
			require.NoError(t, c.Check())
			require.Equal(t, cells(chunkOf(t, naive)), cells(c))
			for i := range c.Columns {
				seen := map[string]bool{}
				for _, text := range c.Columns[i].Dict.Values {
					require.False(t, seen[text], "%q has two codes", text)
					seen[text] = true
				}
			}
		}
	})
}

// A dictionary goes on while its texts come back, and its readers keep the old one
// where they don't.
func TestADictionaryOfTextsThatDontComeBackBeginsAgain(t *testing.T) {
	const rows = 4096
	for name, test := range map[string]struct {
		text  func(i int) string
		again bool
	}{
		"unique":    {func(i int) string { return fmt.Sprint("session ", i) }, true},
		"sessions":  {func(i int) string { return fmt.Sprint("session ", i/3) }, true},
		"recurring": {func(i int) string { return fmt.Sprint("product ", rand.New(rand.NewPCG(uint64(i), 1)).IntN(20_000)) }, false},
		"few":       {func(i int) string { return fmt.Sprint("region ", i%8) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			b, decoder := source.NewBuilder[texts](schemaOf[texts](t), nil), source.JSON[texts]()
			ids := map[uint64]bool{}
			var kept []*source.Chunk[texts]
			for from := 0; from < 16*rows; from += rows {
				b.Reset()
				for i := from; i < from+rows; i++ {
					b.Decode(decoder, fmt.Appendf(nil, `{"a":%q}`, test.text(i)), int64(i))
				}
				c := b.Chunk(0, int64(from), int64(from+rows))
				ids[c.Columns[0].Dict.ID] = true
				kept = append(kept, c)
			}
			require.Equal(t, test.again, len(ids) > 1)
			for _, c := range kept {
				require.NoError(t, c.Check())
				for i := range int32(rows) {
					require.Equal(t, test.text(int(c.From)+int(i)), c.Columns[0].Value(i).Text)
				}
			}
		})
	}
}
