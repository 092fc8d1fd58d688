CREATE TABLE IF NOT EXISTS `metricas_unificadas` (
    `fecha` Date,
    `categoria` LowCardinality(String),
    `region` LowCardinality(String),
    `ventas_total` Decimal(10, 2),
    `ordenes_total` Int32,
    `clientes_unicos` Int32,
    `conversion_rate` Nullable(Decimal(5, 4)),
    `version` Int64
)
ENGINE = ReplacingMergeTree(`version`)
PARTITION BY toYYYYMM(`fecha`)
ORDER BY (`fecha`, `categoria`, `region`);
