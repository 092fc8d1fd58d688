package partition

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTopics(t *testing.T) {
	topics, err := NewTopics("user_events", []string{"purchase", "page_view", "añadir al carrito"}, TopicOptions{
		Default: "user_events.other",
		Names:   map[string]string{"añadir al carrito": "user_events.add_to_cart"},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"user_events.purchase", "user_events.page_view", "user_events.add_to_cart", "user_events.other"}, topics.All())
	for of, want := range map[string]string{
		"purchase":          "user_events.purchase",
		"añadir al carrito": "user_events.add_to_cart",
		"Purchase":          "user_events.other",
		"":                  "user_events.other",
		"../../etc\x00":     "user_events.other",
	} {
		got, err := topics.Topic(of)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	of, ok := topics.Type("user_events.add_to_cart")
	require.True(t, ok)
	require.Equal(t, "añadir al carrito", of)
	_, ok = topics.Type("user_events.other")
	require.False(t, ok)

	topics.All()[0] = "changed"
	require.Equal(t, "user_events.purchase", topics.All()[0])

	strict, err := NewTopics("user_events", []string{"purchase"}, TopicOptions{})
	require.NoError(t, err)
	_, err = strict.Topic("refund")
	require.ErrorIs(t, err, ErrTopic)
	_, err = Topics{}.Topic("purchase")
	require.ErrorIs(t, err, ErrTopic)
}

func TestTopicsRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		prefix  string
		types   []string
		options TopicOptions
	}{
		"nothing":              {"p", nil, TopicOptions{}},
		"no prefix":            {"", []string{"a"}, TopicOptions{}},
		"empty type":           {"p", []string{""}, TopicOptions{}},
		"twice":                {"p", []string{"a", "a"}, TopicOptions{}},
		"slash":                {"p", []string{"a/b"}, TopicOptions{}},
		"not ASCII":            {"p", []string{"añadir"}, TopicOptions{}},
		"bad UTF-8":            {"p", []string{"a\xff"}, TopicOptions{}},
		"NUL":                  {"p", []string{"a\x00"}, TopicOptions{}},
		"too long":             {"p", []string{strings.Repeat("a", 248)}, TopicOptions{}},
		"Kafka's own":          {"__consumer", []string{"offsets"}, TopicOptions{}},
		"dot and underscore":   {"p", []string{"a.b", "a_b"}, TopicOptions{}},
		"by hand, collides":    {"p", []string{"a", "b"}, TopicOptions{Names: map[string]string{"b": "p_a"}}},
		"by hand, the same":    {"p", []string{"a", "b"}, TopicOptions{Names: map[string]string{"b": "p.a"}}},
		"by hand, dots":        {"p", []string{"a"}, TopicOptions{Names: map[string]string{"a": ".."}}},
		"by hand, empty":       {"p", []string{"a"}, TopicOptions{Names: map[string]string{"a": ""}}},
		"by hand, not of them": {"p", []string{"a"}, TopicOptions{Names: map[string]string{"b": "p.b"}}},
		"default collides":     {"p", []string{"other"}, TopicOptions{Default: "p_other"}},
		"default illegal":      {"p", []string{"a"}, TopicOptions{Default: "p other"}},
	} {
		_, err := NewTopics(c.prefix, c.types, c.options)
		require.ErrorIs(t, err, ErrTopic, name)
	}
	longest, err := NewTopics("p", []string{strings.Repeat("a", 247)}, TopicOptions{})
	require.NoError(t, err)
	require.Len(t, longest.All()[0], 249)
}

// Whatever is declared, the topics that come out are legal and distinct, also
// to Kafka's metrics, and lead back to their types.
func TestTopicsAreLegal(t *testing.T) {
	legal := regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)
	made := 0
	rapid.Check(t, func(t *rapid.T) {
		types := rapid.SliceOfN(rapid.OneOf(rapid.StringMatching(`[a-c._-]{1,3}`), anyText()), 1, 6).Draw(t, "types")
		topics, err := NewTopics(rapid.StringMatching(`[a-z._]{1,3}`).Draw(t, "prefix"), types, TopicOptions{})
		if err != nil {
			require.ErrorIs(t, err, ErrTopic)
			return
		}
		made++
		folded := map[string]bool{}
		for _, of := range types {
			name, err := topics.Topic(of)
			require.NoError(t, err)
			require.Regexp(t, legal, name)
			folded[strings.ReplaceAll(name, ".", "_")] = true
			back, ok := topics.Type(name)
			require.True(t, ok)
			require.Equal(t, of, back)
		}
		require.Len(t, folded, len(types))
		require.Len(t, topics.All(), len(types))
	})
	require.Positive(t, made, "no declaration was right")
}

func BenchmarkTopics(b *testing.B) {
	topics, err := NewTopics("user_events", []string{"purchase", "page_view", "search"}, TopicOptions{Default: "user_events.other"})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := topics.Topic("page_view"); err != nil {
			b.Fatal(err)
		}
	}
}
