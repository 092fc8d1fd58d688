CREATE TABLE IF NOT EXISTS `total` (
    `view` LowCardinality(String),
    `window_start` DateTime64(6, 'UTC'),
    `window_end` DateTime64(6, 'UTC'),
    `value` Int64,
    `version` Int64,
    `timing` LowCardinality(String),
    `final` Bool,
    `removed` Bool
)
ENGINE = ReplacingMergeTree(`version`)
PARTITION BY (toYYYYMM(`window_start`), kafkaMurmurHash(`view`) % 4)
ORDER BY (`view`, `window_start`, `window_end`);
CREATE VIEW IF NOT EXISTS `total_current` AS
SELECT `view`, `window_start`, `window_end`, `value`, `version`, `timing`, `final`
FROM `total` FINAL
WHERE NOT `removed`;
