package samples

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// WriteColumns writes a small data set of the generator's shape, for tests: one
// seed's, in the order of time.
func WriteColumns(dir string, rows int) error {
	raw := filepath.Join(dir, "raw")
	err := errors.Join(os.Mkdir(raw, 0o755),
		os.WriteFile(filepath.Join(raw, "names.txt"), []byte("view,click,purchase\nhogar,libros,moda_mujer\nnorte,sur\n"), 0o644))
	r := rand.New(rand.NewPCG(1, 2))
	columns := map[string][]byte{}
	sessions := []uint64{0}
	for i := range rows {
		if i%3 == 0 {
			sessions = append(sessions, r.Uint64()>>1)
		}
		session := sessions[r.IntN(min(1000, len(sessions)))+max(0, len(sessions)-1000)]
		add := func(name string, width int, v uint64) {
			columns[name] = append(columns[name], binary.LittleEndian.AppendUint64(nil, v)[:width]...)
		}
		add("ts", 8, 1_746_057_600_000_000+uint64(i)*130_000)
		add("user", 8, 1+session%40_000_000)
		add("sid", 8, session)
		add("ev", 1, r.Uint64N(3))
		add("cat", 1, r.Uint64N(3))
		add("reg", 1, session%2)
		add("prod", 8, r.Uint64N(100_000))
		add("rev", 8, r.Uint64N(20)/19*r.Uint64N(25_000))
		add("qty", 4, r.Uint64N(3))
	}
	for name, bytes := range columns {
		err = errors.Join(err, os.WriteFile(filepath.Join(raw, name+".bin"), bytes, 0o644))
	}
	return err
}
