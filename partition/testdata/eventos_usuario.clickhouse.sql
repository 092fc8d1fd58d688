CREATE TABLE IF NOT EXISTS `eventos_usuario` (
    `timestamp` DateTime64(6, 'UTC'),
    `user_id` Int64,
    `event_type` LowCardinality(String),
    `session_id` Nullable(String),
    `properties` Nullable(String)
)
ENGINE = MergeTree
PARTITION BY (toYYYYMM(`timestamp`), kafkaMurmurHash(reinterpretAsFixedString(byteSwap(toInt64(`user_id`)))) % 4)
ORDER BY (`event_type`, `user_id`, `timestamp`);
