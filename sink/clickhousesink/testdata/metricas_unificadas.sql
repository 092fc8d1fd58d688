CREATE TABLE IF NOT EXISTS `metricas_unificadas` (
    `view` LowCardinality(String),
    `fecha` Date,
    `window_end` DateTime64(6, 'UTC'),
    `categoria` LowCardinality(String),
    `region` LowCardinality(String),
    `ventas_total` Decimal(10, 2),
    `ordenes_total` Int32,
    `clientes_unicos` Int32,
    `conversion_rate` Nullable(Decimal(5, 4)),
    `version` Int64,
    `timing` LowCardinality(String),
    `final` Bool,
    `removed` Bool
)
ENGINE = ReplacingMergeTree(`version`)
PARTITION BY toYYYYMM(`fecha`)
ORDER BY (`fecha`, `categoria`, `region`, `view`, `window_end`);
CREATE VIEW IF NOT EXISTS `metricas_unificadas_current` AS
SELECT `fecha`, `categoria`, `region`, `ventas_total`, `ordenes_total`, `clientes_unicos`, `conversion_rate`
FROM `metricas_unificadas` FINAL
WHERE NOT `removed`;
