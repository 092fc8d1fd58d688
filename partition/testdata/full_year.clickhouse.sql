CREATE TABLE IF NOT EXISTS `s\`t`.`tabla "rara" \`x\\` (
    `select` Bool,
    `año` Nullable(Int32),
    `b"c` Int64,
    `f\`g\\` Float64,
    `texto` LowCardinality(Nullable(String)),
    `n` Nullable(String),
    `at` DateTime64(6, 'UTC'),
    `dia` Nullable(Date),
    `j` Nullable(String)
)
ENGINE = MergeTree
PARTITION BY toYear(`at`)
ORDER BY tuple();
