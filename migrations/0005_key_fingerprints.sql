CREATE TABLE IF NOT EXISTS api_key_fingerprint (
	api_key_id INTEGER PRIMARY KEY NOT NULL,
	fingerprint TEXT NOT NULL UNIQUE,
	key_hash TEXT NOT NULL,
	has_been_used INTEGER NOT NULL
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS service_secret (
	name TEXT PRIMARY KEY NOT NULL,
	value TEXT NOT NULL
);
