package usecases

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// selling is what a product brought in a window.
type selling struct {
	Net  int64
	Name string
}

// bySales orders the best seller first; equal ones stay in the order of products.
func bySales(a, b selling) int { return cmp.Compare(b.Net, a.Net) }

// productSales declares the sales of each product by one kind of window.
func (s Shop[E, P]) productSales(name string, windows window.Spec) lambda.View[E, P, selling] {
	return lambda.View[E, P, selling]{
		Name:    name,
		Version: 1,
		Time:    s.At,
		Where:   source.And(s.Lines, s.Products),
		Key:     lambda.By(s.Product),
		Window:  windows,
		Aggregate: aggregate.Join2(s.Net, s.Name,
			func(net int64, name string) selling { return selling{net, name} }),
	}
}

// label is what people know a product by.
func label[P any](product P, name string) string {
	return strings.TrimSpace(fmt.Sprintf("%v %s", product, name))
}

// labelWidth is what a table has for a label.
const labelWidth = 34

// naiveSelling adds up lines by window and product.
type naiveSelling[P cmp.Ordered] map[string]map[P]selling

func (n naiveSelling[P]) add(window string, l Line[P]) {
	if !l.IsProduct {
		return
	}
	if n[window] == nil {
		n[window] = map[P]selling{}
	}
	sum := n[window][l.Product]
	sum.Net += l.Net
	if l.Sold && l.Name != "" && (sum.Name == "" || l.Name < sum.Name) {
		sum.Name = l.Name
	}
	n[window][l.Product] = sum
}
