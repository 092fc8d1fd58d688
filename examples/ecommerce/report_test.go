package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNumbers(t *testing.T) {
	require.Equal(t, "0", thousands(0))
	require.Equal(t, "999", thousands(999))
	require.Equal(t, "1,000", thousands(1000))
	require.Equal(t, "12,345,678", thousands(12345678))
	require.Equal(t, "0.05", decimal(5))
	require.Equal(t, "1234.50", decimal(123450))
	require.Equal(t, "1,234.50", money(123450))
	require.Equal(t, "0.3333", Conversion{1, 3}.Rate())
	require.Equal(t, "0.6667", Conversion{2, 3}.Rate(), "rounded")
	require.Equal(t, "2.0000", Conversion{6, 3}.Rate(), "users may buy twice")
	require.Equal(t, "0.0000", Conversion{0, 0}.Rate())
	require.Equal(t, "12.50 %", Conversion{1, 8}.Percent())
}

func TestAlign(t *testing.T) {
	require.Equal(t, ""+
		"categoria       n\n"+
		"electrónica     7\n"+
		"té           1234\n", align([][]string{{"categoria", "n"}, {"electrónica", "7"}, {"té", "1234"}}))
}
