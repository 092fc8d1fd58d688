CREATE TABLE IF NOT EXISTS `wi\`de` (
    `view` LowCardinality(String),
    `window_start` Nullable(DateTime64(6, 'UTC')),
    `window_end` Nullable(DateTime64(6, 'UTC')),
    `plain` LowCardinality(String),
    `a \`b\` \\ 'c'` LowCardinality(String),
    `maybe` Nullable(String),
    `session` String,
    `ratio` Float64,
    `hour` DateTime64(6, 'UTC'),
    `yes` Bool,
    `nested.code` Int64,
    `small` Int32,
    `large` Int64,
    `money` Decimal(18, 2),
    `rate` Nullable(Decimal(5, 4)),
    `note` Nullable(String),
    `mean` Nullable(Float64),
    `last` Nullable(DateTime64(6, 'UTC')),
    `first` DateTime64(6, 'UTC'),
    `top` String,
    `single` Float64,
    `version` Int64,
    `timing` LowCardinality(String),
    `final` Bool,
    `removed` Bool
)
ENGINE = ReplacingMergeTree(`version`)
ORDER BY (`view`, `window_start`, `window_end`, `plain`, `a \`b\` \\ 'c'`, `maybe`, `session`, `ratio`, `hour`, `yes`, `nested.code`)
SETTINGS allow_nullable_key = 1;
CREATE VIEW IF NOT EXISTS `wi\`de_current` AS
SELECT `view`, `window_start`, `window_end`, `plain`, `a \`b\` \\ 'c'`, `maybe`, `session`, `ratio`, `hour`, `yes`, `nested.code`, `small`, `large`, `money`, `rate`, `note`, `mean`, `last`, `first`, `top`, `single`, `version`, `timing`, `final`
FROM `wi\`de` FINAL
WHERE NOT `removed`;
