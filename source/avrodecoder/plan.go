package avrodecoder

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/twmb/avro"

	"github.com/anabranch-go/anabranch/source"
)

// form says what the struct has of a field, and how it becomes a cell.
type form uint8

const (
	formBool    form = iota
	formInt          // an int64
	formFloat        // a float64
	formString       // a string
	formText         // bytes, of a decimal or time as text
	formScaled       // an int64 in another unit
	formDecimal      // bytes, as Avro has decimals
	formJSON         // any
)

// field is a field of the struct that records are read into, by its number.
type field struct {
	column   int
	name     string
	kind     source.Kind
	nullable bool // it's a pointer
	form     form
	nested   []field

	multiply, divide int64 // of a formScaled: units, rounding down
	up, down         int   // of a formDecimal: powers of ten
}

// group is the columns below one name, or one column.
type group struct {
	name    string
	column  int // -1 for a group
	members []*group
}

func (g *group) member(name string) *group {
	for _, m := range g.members {
		if m.name == name {
			return m
		}
	}
	m := &group{name: name, column: -1}
	g.members = append(g.members, m)
	return m
}

// plan gives the struct that a record of the schema is read into for its columns.
func plan(columns *source.Schema, root *avro.SchemaNode) (reflect.Type, []field, error) {
	if root.Type != "record" {
		return nil, nil, fmt.Errorf("the schema is a %s, not a record", root.Type)
	}
	groups := &group{column: -1}
	for i, c := range columns.Columns {
		g := groups
		for _, name := range c.Path {
			g = g.member(name)
		}
		g.column = i
	}
	return planRecord(columns, groups, root)
}

func planRecord(columns *source.Schema, g *group, record *avro.SchemaNode) (reflect.Type, []field, error) {
	var fields []field
	var types []reflect.StructField
	for _, m := range g.members {
		node := find(record, m.name)
		if node == nil {
			if err := mayMiss(columns, m); err != nil {
				return nil, nil, err
			}
			continue
		}
		f, typ, err := planField(columns, m, node)
		if err != nil {
			return nil, nil, err
		}
		if f == nil {
			continue
		}
		types = append(types, reflect.StructField{Name: fmt.Sprint("F", len(fields)), Type: typ,
			Tag: reflect.StructTag(fmt.Sprintf("avro:%q", m.name))})
		fields = append(fields, *f)
	}
	return reflect.StructOf(types), fields, nil
}

func find(record *avro.SchemaNode, name string) *avro.SchemaNode {
	for i := range record.Fields {
		if record.Fields[i].Name == name {
			return &record.Fields[i].Type
		}
	}
	return nil
}

// mayMiss refuses columns that a field should be there for.
func mayMiss(columns *source.Schema, g *group) error {
	if g.column >= 0 {
		if c := &columns.Columns[g.column]; !c.Nullable {
			return fmt.Errorf("column %s: the schema doesn't have the field", c.Name)
		}
	}
	for _, m := range g.members {
		if err := mayMiss(columns, m); err != nil {
			return err
		}
	}
	return nil
}

// planField gives the struct's field for a column or a group; nil where it's
// always null.
func planField(columns *source.Schema, g *group, node *avro.SchemaNode) (*field, reflect.Type, error) {
	if g.column >= 0 && columns.Columns[g.column].Kind == source.Opaque {
		return &field{column: g.column, name: columns.Columns[g.column].Name, form: formJSON}, reflect.TypeFor[any](), nil
	}
	node, nullable, err := unwrap(node)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", columns.Columns[g.first()].Name, err)
	}
	if node == nil {
		return nil, nil, mayMiss(columns, g)
	}
	f, typ, err := &field{column: g.column, nullable: nullable}, reflect.Type(nil), error(nil)
	if g.column >= 0 {
		typ, err = f.read(&columns.Columns[g.column], node)
	} else if node.Type != "record" {
		err = fmt.Errorf("column %s: the field %s is a %s, not a record", columns.Columns[g.first()].Name, g.name, describe(node))
	} else {
		typ, f.nested, err = planRecord(columns, g, node)
	}
	if err != nil {
		return nil, nil, err
	}
	if nullable {
		typ = reflect.PointerTo(typ)
	}
	return f, typ, nil
}

// first is a column below a group.
func (g *group) first() int {
	for g.column < 0 {
		g = g.members[0]
	}
	return g.column
}

// unwrap gives what a type is if it isn't null. It's nil where it's always null.
func unwrap(node *avro.SchemaNode) (inner *avro.SchemaNode, nullable bool, err error) {
	switch {
	case node.Type == "null":
		return nil, false, nil
	case node.Type != "union":
		return node, false, nil
	}
	for i := range node.Branches {
		branch := &node.Branches[i]
		switch {
		case branch.Type == "null":
			nullable = true
		case inner != nil:
			return nil, false, errors.New("the field is a union of several types")
		default:
			inner = branch
		}
	}
	return inner, nullable, nil
}

// units of a logical type: how many µs one has, or how many of them make one.
var units = map[string]struct{ multiply, divide int64 }{
	"timestamp-millis": {1000, 1}, "local-timestamp-millis": {1000, 1},
	"timestamp-micros": {1, 1}, "local-timestamp-micros": {1, 1},
	"timestamp-nanos": {1, 1000}, "local-timestamp-nanos": {1, 1000},
	"date": {86_400_000_000, 1},
}

// read says how a column is read from a field, and what the struct has of it.
func (f *field) read(c *source.Column, node *avro.SchemaNode) (reflect.Type, error) {
	f.name, f.kind = c.Name, c.Kind
	integer := node.Type == "int" || node.Type == "long"
	unit, isTime := units[node.LogicalType]
	switch {
	case c.Kind == source.Bool && node.Type == "boolean":
		f.form = formBool
		return reflect.TypeFor[bool](), nil
	case c.Kind == source.Int && (integer || node.Type == "enum"):
		f.form = formInt
		return reflect.TypeFor[int64](), nil
	case c.Kind == source.Float && (integer || node.Type == "float" || node.Type == "double"):
		f.form = formFloat
		return reflect.TypeFor[float64](), nil
	case c.Kind == source.String && (node.Type == "string" || node.Type == "enum" || node.Type == "fixed" && node.LogicalType == "uuid"):
		f.form = formString
		return reflect.TypeFor[string](), nil
	case c.Kind == source.Time && integer && isTime:
		f.form, f.multiply, f.divide = formScaled, unit.multiply, unit.divide
		return reflect.TypeFor[int64](), nil
	case c.Kind == source.Decimal && integer && node.LogicalType == "":
		f.form, f.multiply, f.divide = formScaled, pow10(c.Scale), 1
		return reflect.TypeFor[int64](), nil
	case c.Kind == source.Decimal && (node.Type == "bytes" || node.Type == "fixed") && node.LogicalType == "decimal":
		f.form, f.up, f.down = formDecimal, max(0, c.Scale-node.Scale), max(0, node.Scale-c.Scale)
		return reflect.TypeFor[[]byte](), nil
	case (c.Kind == source.Decimal || c.Kind == source.Time) && node.Type == "string":
		f.form = formText
		return reflect.TypeFor[[]byte](), nil
	}
	return nil, fmt.Errorf("column %s: the field is a %s, and no %s", c.Name, describe(node), c.Kind)
}

func describe(node *avro.SchemaNode) string {
	return strings.TrimSpace(node.Type + " " + node.LogicalType)
}
