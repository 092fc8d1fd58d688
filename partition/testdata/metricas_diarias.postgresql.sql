CREATE TABLE IF NOT EXISTS "metricas_diarias" (
    "fecha" date NOT NULL,
    "categoria" varchar(50) NOT NULL,
    "region" varchar(50) NOT NULL,
    "ventas_total" numeric(10,2) NOT NULL,
    "ordenes_total" integer NOT NULL,
    "clientes_unicos" integer NOT NULL,
    "conversion_rate" numeric(5,4),
    PRIMARY KEY ("fecha", "categoria", "region")
) PARTITION BY RANGE ("fecha");
CREATE TABLE IF NOT EXISTS "metricas_diarias_2026_10" PARTITION OF "metricas_diarias" FOR VALUES FROM ('2026-10-01') TO ('2026-11-01');
CREATE TABLE IF NOT EXISTS "metricas_diarias_2026_11" PARTITION OF "metricas_diarias" FOR VALUES FROM ('2026-11-01') TO ('2026-12-01');
CREATE TABLE IF NOT EXISTS "metricas_diarias_2026_12" PARTITION OF "metricas_diarias" FOR VALUES FROM ('2026-12-01') TO ('2027-01-01');
