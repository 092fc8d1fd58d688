CREATE TABLE IF NOT EXISTS "productos" (
    "product_id" bigint NOT NULL,
    "category_id" integer NOT NULL,
    "name" varchar(200) NOT NULL,
    "price" numeric(10,2) NOT NULL,
    "stock_quantity" integer NOT NULL,
    PRIMARY KEY ("product_id")
);
CREATE INDEX IF NOT EXISTS "productos_category_id_price_idx" ON "productos" ("category_id", "price");
CREATE INDEX IF NOT EXISTS "productos_name_idx" ON "productos" USING gin (to_tsvector('spanish'::regconfig, "name"));
CREATE INDEX IF NOT EXISTS "productos_stock_quantity_idx" ON "productos" ("stock_quantity") WHERE "stock_quantity" > 0;
