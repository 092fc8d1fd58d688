package secrets

import (
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWithout(t *testing.T) {
	for text, want := range map[string]string{
		"dial tcp: lookup redis://user:pw@host":                          "dial tcp: lookup …@host",
		"ERR unknown command 'AUTH', with args beginning with: 'u' 'pw'": "ERR unknown command 'AUTH'",
	} {
		require.EqualError(t, Without(errors.New(text)), want)
	}
	require.ErrorIs(t, Without(io.EOF), io.EOF)
	require.NoError(t, CheckAddresses([]string{"a:1", "[::1]:2"}))
	require.EqualError(t, CheckAddresses([]string{"a:1", "u:pw@b:1"}), "address 2 isn't like host:port (it isn't shown, as it may hold a secret)")
}
