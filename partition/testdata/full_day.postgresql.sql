CREATE TABLE IF NOT EXISTS "s""t"."tabla ""rara"" `x\" (
    "select" boolean NOT NULL,
    "año" integer,
    "b""c" bigint NOT NULL,
    "f`g\" double precision NOT NULL,
    "texto" text,
    "n" text,
    "at" timestamp with time zone NOT NULL,
    "dia" date,
    "j" jsonb
) PARTITION BY RANGE ("at");
CREATE UNIQUE INDEX IF NOT EXISTS "todo" ON "s""t"."tabla ""rara"" `x\" ("at", "b""c") WHERE "texto" = E'a''b\\c"' AND "n" IS NOT NULL AND "dia" IS NULL AND "at" >= '2026-12-31 23:30:00.000005+00' AND "año" < -2147483648;
CREATE INDEX IF NOT EXISTS "dia" ON "s""t"."tabla ""rara"" `x\" ("dia") WHERE "dia" <= '2026-11-24';
CREATE TABLE IF NOT EXISTS "s""t"."tabla ""rara"" `x\_2026_12_31" PARTITION OF "s""t"."tabla ""rara"" `x\" FOR VALUES FROM ('2026-12-31 00:00:00+00') TO ('2027-01-01 00:00:00+00');
CREATE TABLE IF NOT EXISTS "s""t"."tabla ""rara"" `x\_2027_01_01" PARTITION OF "s""t"."tabla ""rara"" `x\" FOR VALUES FROM ('2027-01-01 00:00:00+00') TO ('2027-01-02 00:00:00+00');
