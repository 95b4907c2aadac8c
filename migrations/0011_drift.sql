ALTER TABLE runs ADD COLUMN drift VARCHAR;
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS runs_by_day_with_drift ON runs (started_at, drift) WHERE drift IS NOT NULL;
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS runs_with_drift ON runs (kind, endpoint_ids, number) WHERE drift IS NOT NULL;
