CREATE TABLE IF NOT EXISTS `productos` (
    `product_id` Int64,
    `category_id` Int32,
    `name` String,
    `price` Decimal(10, 2),
    `stock_quantity` Int32
)
ENGINE = MergeTree
ORDER BY (`product_id`);
