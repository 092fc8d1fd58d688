package source

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Column describes one column of a schema.
type Column struct {
	Name     string // dotted path, such as "properties.revenue"
	Path     []string
	Kind     Kind
	Scale    int // of a Decimal: digits after the point
	Nullable bool
	// Required says that a record without the column, or with null in it, can't be
	// an event: it goes to quarantine. Times that aren't nullable are, since a zero
	// time would count in the year 1; others by the tag option.
	Required bool

	typ    reflect.Type // of the value, behind the pointer or the Null of an optional
	null   reflect.Type // the Null, where that's what makes the column optional
	offset uintptr      // in E
	flag   uintptr      // in E: of the Null's Valid
	blank  string       // of an Opaque: the text of the type's zero value
	lossy  bool         // of an Opaque: see SchemaOptions.Lossy

	low, high int64 // the integers that the type holds
}

// GoType is the type of the column's values in E, behind the pointer or the
// [Null] of an optional.
func (c *Column) GoType() reflect.Type { return c.typ }

// Schema is the columns of an event type, in the order of its fields.
type Schema struct {
	Columns []Column

	byName  map[string]int
	typ     reflect.Type
	options SchemaOptions
	renamed map[string]bool // the names that options have changed
}

// SchemaOptions are the options of [SchemaWith].
type SchemaOptions struct {
	// Rename gives columns other names than their tags do, by those. A nested
	// struct is renamed as a whole; what lies in it can't be.
	Rename map[string]string
	// Decimals makes decimals of int64 columns that have no tag to say so: by
	// dotted name, after Rename, the digits after the point, 0 to 18.
	Decimals map[string]int
	// Lossy writes what lists and maps hold, and JSON doesn't have, in a form that
	// can't be read back: NaN and infinities as null, durations as nanoseconds.
	// Without it such an event goes to quarantine.
	Lossy bool
}

// SchemaOf reads the schema of E from its struct tags. Errors are ErrSchema.
func SchemaOf[E any]() (*Schema, error) { return SchemaWith[E](SchemaOptions{}) }

// SchemaWith is SchemaOf for a schema that isn't by the tags alone: that of the
// results of a view, whose types may be anyone's.
func SchemaWith[E any](options SchemaOptions) (*Schema, error) {
	t := reflect.TypeFor[E]()
	if t.Kind() != reflect.Struct || isTime(t) {
		return nil, fmt.Errorf("%w: %s is not a struct", ErrSchema, t)
	}
	s := &Schema{byName: map[string]int{}, typ: t, options: options, renamed: map[string]bool{}}
	if err := s.add(t, nil, 0); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrSchema, t, err)
	}
	if err := s.apply(options); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrSchema, t, err)
	}
	if len(s.Columns) == 0 {
		return nil, fmt.Errorf("%w: %s has no exported field", ErrSchema, t)
	}
	return s, nil
}

// Lookup gives the number of the column with a dotted name.
func (s *Schema) Lookup(name string) (int, bool) {
	i, ok := s.byName[name]
	return i, ok
}

// apply makes decimals, and makes sure that every option found its column.
func (s *Schema) apply(options SchemaOptions) error {
	for name, scale := range options.Decimals {
		i, ok := s.byName[name]
		switch {
		case !ok:
			return fmt.Errorf("there is no column %q to be a decimal", name)
		case scale < 0 || scale > 18:
			return fmt.Errorf("column %q: a decimal's scale is 0 to 18, not %d", name, scale)
		case s.Columns[i].typ.Kind() != reflect.Int64:
			return fmt.Errorf("column %q: a decimal is an int64, not a %s", name, s.Columns[i].typ)
		}
		s.Columns[i].Kind, s.Columns[i].Scale = Decimal, scale
	}
	for name := range options.Rename {
		if !s.renamed[name] {
			return fmt.Errorf("there is no column %q to rename", name)
		}
	}
	return nil
}

func (s *Schema) add(t reflect.Type, path []string, base uintptr) error {
	for i := range t.NumField() {
		f := t.Field(i)
		_, optional := NullType(f.Type)
		group := f.Type.Kind() == reflect.Struct && !isTime(f.Type) && !optional
		embedded := f.Anonymous && group
		if !f.IsExported() && !embedded {
			continue
		}
		tag, err := parseTag(f)
		if err != nil {
			return err
		}
		if tag.name == "-" {
			continue
		}
		here := path
		if !(embedded && !tag.named || group && tag.inline) {
			if name, ok := s.options.Rename[tag.name]; ok && len(path) == 0 {
				s.renamed[tag.name], tag.name = true, name
			}
			here = append(path[:len(path):len(path)], tag.name)
		}
		if group {
			if err := s.addGroup(f, tag, here, base+f.Offset); err != nil {
				return err
			}
			continue
		}
		if err := s.addColumn(f, tag, here, base+f.Offset); err != nil {
			return err
		}
	}
	return nil
}

// addGroup adds the columns of a nested struct. One that has none, such as a
// type of another package that hides its fields, would be lost silently.
func (s *Schema) addGroup(f reflect.StructField, tag tag, path []string, offset uintptr) error {
	if tag.decimal {
		return fmt.Errorf("field %s: a decimal is an int64, not a %s", f.Name, f.Type)
	}
	if tag.required {
		return fmt.Errorf("field %s: a nested struct can't be required; its fields can", f.Name)
	}
	before := len(s.Columns)
	if err := s.add(f.Type, path, offset); err != nil {
		return err
	}
	if len(s.Columns) == before && f.IsExported() && !(tag.inline && f.Type.NumField() == 0) {
		return fmt.Errorf("field %s: a %s shows no fields to store; leave it out with the tag `anabranch:\"-\"`", f.Name, f.Type)
	}
	return nil
}

func (s *Schema) addColumn(f reflect.StructField, tag tag, path []string, offset uintptr) error {
	c := Column{Name: strings.Join(path, "."), Path: path, Scale: tag.scale, offset: offset, typ: f.Type, lossy: s.options.Lossy}
	if f.Type.Kind() == reflect.Pointer {
		c.Nullable, c.typ = true, f.Type.Elem()
	} else if inner, ok := NullType(f.Type); ok { // its V comes first, so it lies where the Null does
		c.Nullable, c.typ, c.null, c.flag = true, inner, f.Type, offset+f.Type.Field(1).Offset
	}
	switch c.Kind = goKind(c.typ); {
	case tag.decimal && c.typ.Kind() != reflect.Int64:
		return fmt.Errorf("field %s: a decimal is an int64, not a %s", f.Name, f.Type)
	case tag.decimal:
		c.Kind = Decimal
	case c.Kind == Invalid && !c.Nullable && (c.typ.Kind() == reflect.Slice || c.typ.Kind() == reflect.Map || c.typ.Kind() == reflect.Array):
		c.Kind, c.blank = Opaque, blankText(c.typ, c.lossy)
	case c.Kind == Invalid:
		return fmt.Errorf("field %s: a %s can't be stored; leave it out with the tag `anabranch:\"-\"`", f.Name, f.Type)
	}
	if tag.required && c.Nullable {
		return fmt.Errorf("field %s: a pointer is an optional, and can't be required", f.Name)
	}
	c.Required = tag.required || c.Kind == Time && !c.Nullable
	c.low, c.high = intRange(c.Kind, c.typ)
	if c.Path[0] == "" || strings.Contains(c.Path[0], ".") {
		return fmt.Errorf("field %s: column %q: a name is a text without dots", f.Name, c.Path[0])
	}
	if strings.HasPrefix(c.Name, "_") {
		return fmt.Errorf("field %s: column %q: names that begin with _ are the archive's own", f.Name, c.Name)
	}
	if err := s.checkName(c.Path); err != nil {
		return fmt.Errorf("field %s: %w", f.Name, err)
	}
	s.byName[c.Name] = len(s.Columns)
	s.Columns = append(s.Columns, c)
	return nil
}

// checkName refuses a second column of a name, and a column where another has a
// group: no file or record could tell them apart.
func (s *Schema) checkName(path []string) error {
	name := strings.Join(path, ".")
	for i := range s.Columns {
		other := s.Columns[i].Path
		shared := min(len(path), len(other))
		if slices.Equal(path[:shared], other[:shared]) {
			return fmt.Errorf("%w: column %q and column %q have one name", ErrNames, s.Columns[i].Name, name)
		}
	}
	return nil
}

type tag struct {
	name    string
	named   bool // by a tag, not by the Go field
	decimal bool
	inline  bool // a struct's columns stand among the outer ones
	scale   int

	required bool
}

// parseTag reads `anabranch:"name,decimal=2,required"`, and the name from a json tag
// where that's missing.
func parseTag(f reflect.StructField) (tag, error) {
	out := tag{name: f.Name}
	name, options, _ := strings.Cut(f.Tag.Get("anabranch"), ",")
	if name == "" {
		name, _, _ = strings.Cut(f.Tag.Get("json"), ",")
	}
	if name != "" {
		out.name, out.named = name, true
	}
	if strings.Contains(out.name, ".") {
		return out, fmt.Errorf("field %s: column %q: a dot separates nested names", f.Name, out.name)
	}
	for option := range strings.SplitSeq(options, ",") {
		digits, isDecimal := strings.CutPrefix(option, "decimal=")
		switch {
		case option == "":
		case option == "inline":
			out.inline = true
		case isDecimal:
			scale, err := strconv.Atoi(digits)
			if err != nil || scale < 0 || scale > 18 {
				return out, fmt.Errorf("field %s: decimal=%s: the scale is 0 to 18", f.Name, digits)
			}
			out.decimal, out.scale = true, scale
		case option == "required":
			out.required = true
		default:
			return out, fmt.Errorf("field %s: tag option %q isn't known; there are decimal=N, inline and required", f.Name, option)
		}
	}
	return out, nil
}

// find gives the column at an offset in E that has the type, for a selector.
func (s *Schema) find(offset uintptr, typ reflect.Type, nullable bool) (int, bool) {
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.offset == offset && c.typ == typ && c.Nullable == nullable && c.null == nil {
			return i, true
		}
		if c.offset == offset && c.null == typ && c.null != nil && !nullable {
			return i, true
		}
	}
	return 0, false
}
