CREATE TABLE IF NOT EXISTS runs (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	id VARCHAR NOT NULL UNIQUE,
	job_id VARCHAR,
	kind VARCHAR NOT NULL,
	begun_by VARCHAR NOT NULL,
	actor VARCHAR NOT NULL,
	branch VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	netbox_endpoint_id INTEGER,
	endpoint_ids VARCHAR NOT NULL,
	status VARCHAR NOT NULL,
	message VARCHAR,
	errors VARCHAR NOT NULL,
	totals VARCHAR NOT NULL,
	netbox_requests INTEGER NOT NULL,
	netbox_writes INTEGER NOT NULL,
	proxmox_requests INTEGER NOT NULL,
	items INTEGER NOT NULL,
	started_at VARCHAR NOT NULL,
	ended_at VARCHAR,
	seconds REAL NOT NULL,
	version VARCHAR NOT NULL
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS run_stages (
	run_number INTEGER NOT NULL,
	position INTEGER NOT NULL,
	stage VARCHAR NOT NULL,
	title VARCHAR NOT NULL,
	status VARCHAR NOT NULL,
	message VARCHAR,
	counts VARCHAR NOT NULL,
	kinds VARCHAR NOT NULL,
	reasons VARCHAR NOT NULL,
	warnings VARCHAR NOT NULL,
	items INTEGER NOT NULL,
	items_left_out INTEGER NOT NULL,
	ended_at VARCHAR NOT NULL,
	seconds REAL NOT NULL,
	PRIMARY KEY (run_number, position)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS run_items (
	run_number INTEGER NOT NULL,
	position INTEGER NOT NULL,
	stage VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	key VARCHAR NOT NULL,
	label VARCHAR NOT NULL,
	outcome VARCHAR NOT NULL,
	reason VARCHAR,
	message VARCHAR,
	netbox_id INTEGER,
	netbox_url VARCHAR,
	endpoint_id INTEGER,
	cluster VARCHAR,
	node VARCHAR,
	vmid INTEGER,
	changes VARCHAR,
	PRIMARY KEY (run_number, position)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS run_items_by_outcome ON run_items (run_number, outcome, position);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS run_items_by_kind ON run_items (run_number, kind, position);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS run_items_by_reason ON run_items (run_number, reason, position) WHERE reason IS NOT NULL;
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS run_items_by_guest ON run_items (vmid, endpoint_id, run_number) WHERE vmid IS NOT NULL;
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS run_items_by_machine ON run_items (netbox_id, run_number) WHERE kind = 'virtual-machine';
