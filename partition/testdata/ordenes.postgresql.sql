CREATE TABLE IF NOT EXISTS "ordenes" (
    "order_id" bigint NOT NULL,
    "user_id" bigint NOT NULL,
    "order_date" timestamp with time zone NOT NULL,
    "total_amount" numeric(10,2) NOT NULL,
    "status" varchar(20) NOT NULL,
    PRIMARY KEY ("order_id", "order_date")
) PARTITION BY RANGE ("order_date");
CREATE INDEX IF NOT EXISTS "ordenes_user_id_idx" ON "ordenes" ("user_id");
CREATE INDEX IF NOT EXISTS "ordenes_abiertas" ON "ordenes" ("order_date") WHERE "status" <> 'entregado' AND "total_amount" > 0;
CREATE TABLE IF NOT EXISTS "ordenes_2026_10" PARTITION OF "ordenes" FOR VALUES FROM ('2026-10-01 00:00:00+00') TO ('2026-11-01 00:00:00+00');
CREATE TABLE IF NOT EXISTS "ordenes_2026_11" PARTITION OF "ordenes" FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00');
CREATE TABLE IF NOT EXISTS "ordenes_2026_12" PARTITION OF "ordenes" FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00');
