package partition

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEscapeCases(t *testing.T) {
	for value, want := range map[string]string{
		"norte":        "norte",
		"Ávila":        "Ávila",
		"東京":           "東京",
		"a b+c&d,e~!":  "a b+c&d,e~!",
		"v1.2":         "v1.2",
		"snake_case":   "snake_case",
		"":             NullSegment,
		NullSegment:    "%5F_HIVE_DEFAULT_PARTITION__",
		".":            "%2E",
		"..":           "%2E%2E",
		"...":          "%2E.%2E",
		".hidden":      "%2Ehidden",
		"_hidden":      "%5Fhidden",
		"end.":         "end%2E",
		"end ":         "end%20",
		" ":            "%20",
		"a/b\\c":       "a%2Fb%5Cc",
		"100%":         "100%25",
		"a:b=c?d*e":    "a%3Ab%3Dc%3Fd%2Ae",
		"\"'#^<>|":     "%22%27%23%5E%3C%3E%7C",
		"{}[]":         "%7B%7D%5B%5D",
		"\x00\n\x7f":   "%00%0A%7F",
		"a\xffb\xc3":   "a%FFb%C3",
		"\ufffd":       "\ufffd",
		"\u0085\u202e": "%C2%85%E2%80%AE",
		"\xed\xa0\x80": "%ED%A0%80", // a lone surrogate
		"\xc0\xaf":     "%C0%AF",    // an overlong slash
	} {
		require.Equal(t, want, Escape(value), "%q", value)
		back, err := Unescape(want)
		require.NoError(t, err)
		require.Equal(t, value, back)
	}
}

func TestUnescapeRefuses(t *testing.T) {
	for _, segment := range []string{"%", "a%", "%2", "a%F", "%GG", "%0G", "%%20", "% 1", "%ñ"} {
		_, err := Unescape(segment)
		require.ErrorIs(t, err, ErrEscape, segment)
	}
}

func TestEscapeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value, other := anyText().Draw(t, "value"), anyText().Draw(t, "other")
		segment := Escape(value)
		back, err := Unescape(segment)
		require.NoError(t, err)
		require.Equal(t, value, back)

		require.NotEmpty(t, segment)
		require.NotEqual(t, ".", segment)
		require.NotEqual(t, "..", segment)
		require.False(t, strings.ContainsAny(segment, "/\\\x00=:\"'*?<>|{}[]#^\n\r"), segment)
		require.True(t, utf8.ValidString(segment))
		require.Equal(t, value == other, segment == Escape(other), "distinct texts have distinct segments")

		// What stays as it is can be escaped no further, or it wouldn't be an inverse.
		if segment == value {
			require.NotContains(t, value, "%")
		}
	})
}

// Every single byte, and every byte in the middle, at the start and at the end.
func TestEscapeEveryByte(t *testing.T) {
	seen := map[string]string{}
	for b := range 256 {
		c := string([]byte{byte(b)})
		for _, value := range []string{c, "x" + c, c + "x", "x" + c + "x"} {
			segment := Escape(value)
			back, err := Unescape(segment)
			require.NoError(t, err)
			require.Equal(t, value, back)
			if before, ok := seen[segment]; ok {
				require.Equal(t, before, value, "two texts with the segment %q", segment)
			}
			seen[segment] = value
		}
	}
}
