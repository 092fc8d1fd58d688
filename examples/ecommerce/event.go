package main

import "time"

// Event is one record of the topic user_events: something that a user did in the
// shop. The tags name the archive's columns, so that the Parquet files are the
// table eventos_usuario.
//
// Money is in cents: an integer with two digits after the point, so that sums are
// exact.
type Event struct {
	At       time.Time `anabranch:"timestamp"`
	User     int64     `anabranch:"user_id"`
	Type     string    `anabranch:"event_type"`
	Session  string    `anabranch:"session_id"`
	Product  int64     `anabranch:"product_id"`
	Category string    `anabranch:"categoria"`
	Region   string    `anabranch:"region"`
	Revenue  int64     `anabranch:"revenue,decimal=2"` // of purchases, else 0
	Quantity int64     `anabranch:"quantity"`          // from the cart on, else 0
	Order    int64     `anabranch:"order_id"`          // of purchases, else 0
}

// The types of events, in the order of a visit that ends well.
const (
	pageView    = "page_view"
	productView = "product_view"
	addToCart   = "add_to_cart"
	checkout    = "checkout"
	purchase    = "purchase"
	review      = "review"
)

var categories = [...]string{
	"electrónica", "moda mujer", "moda hombre", "calzado", "hogar", "cocina",
	"informática", "telefonía", "belleza", "deportes", "juguetes", "libros",
	"bebé", "salud", "alimentación", "muebles", "jardín", "bricolaje",
	"videojuegos", "fotografía", "música", "mascotas", "automóvil", "relojes",
	"joyería", "papelería", "iluminación", "maletas", "arte", "instrumentos",
}

var regions = []string{"centro", "norte", "este", "sur", "noreste", "oeste", "noroeste", "islas"}
