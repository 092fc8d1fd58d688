package source

// Kind is the type of a column, as the engine sees it.
type Kind uint8

// The kinds of columns, and where a [Vector] holds their values.
const (
	Invalid Kind = iota
	Bool         // Ints, 0 or 1
	Int          // Ints
	Float        // Floats; NaN is one value, and there's no negative zero
	String       // Codes and Dict; valid UTF-8
	Time         // Ints: microseconds since 1970, UTC
	Decimal      // Ints: units of 10^-Scale
	Opaque       // Codes and Dict: the JSON text of a list or a map; not a field
)

var kindNames = [...]string{"invalid", "bool", "int", "float", "string", "time", "decimal", "opaque"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "invalid"
}

// text says whether the kind's values are texts of a dictionary.
func (k Kind) text() bool { return k == String || k == Opaque }
