CREATE TABLE IF NOT EXISTS `ordenes` (
    `order_id` Int64,
    `user_id` Int64,
    `order_date` DateTime64(6, 'UTC'),
    `total_amount` Decimal(10, 2),
    `status` LowCardinality(String)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(`order_date`)
ORDER BY (`order_id`, `order_date`);
