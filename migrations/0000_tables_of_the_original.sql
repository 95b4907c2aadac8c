CREATE TABLE IF NOT EXISTS netboxendpoint (
	id INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	ip_address VARCHAR NOT NULL,
	domain VARCHAR NOT NULL,
	port INTEGER NOT NULL,
	token_version VARCHAR NOT NULL,
	token_key VARCHAR,
	token VARCHAR NOT NULL,
	verify_ssl BOOLEAN NOT NULL,
	enabled BOOLEAN NOT NULL,
	PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_netboxendpoint_name ON netboxendpoint (name);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_netboxendpoint_ip_address ON netboxendpoint (ip_address);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_netboxendpoint_domain ON netboxendpoint (domain);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS proxmoxendpoint (
	id INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	ip_address VARCHAR NOT NULL,
	domain VARCHAR,
	port INTEGER NOT NULL,
	username VARCHAR NOT NULL,
	password VARCHAR,
	verify_ssl BOOLEAN NOT NULL,
	allow_writes BOOLEAN NOT NULL,
	access_methods VARCHAR NOT NULL,
	enabled BOOLEAN NOT NULL,
	token_name VARCHAR,
	token_value VARCHAR,
	timeout INTEGER,
	max_retries INTEGER,
	retry_backoff FLOAT,
	site_id INTEGER,
	site_slug VARCHAR,
	site_name VARCHAR,
	tenant_id INTEGER,
	tenant_slug VARCHAR,
	tenant_name VARCHAR,
	PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS ix_proxmoxendpoint_name ON proxmoxendpoint (name);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_proxmoxendpoint_ip_address ON proxmoxendpoint (ip_address);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_proxmoxendpoint_domain ON proxmoxendpoint (domain);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_proxmoxendpoint_username ON proxmoxendpoint (username);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS apikey (
	id INTEGER NOT NULL,
	label VARCHAR NOT NULL,
	key_hash VARCHAR NOT NULL,
	is_active BOOLEAN NOT NULL,
	created_at FLOAT NOT NULL,
	PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS api_key_bootstrap_claim (
	id INTEGER NOT NULL,
	initialized_at FLOAT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT ck_api_key_bootstrap_claim_singleton CHECK (id = 1)
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS authlockout (
	ip_address VARCHAR NOT NULL,
	attempts INTEGER NOT NULL,
	first_attempt_time FLOAT NOT NULL,
	PRIMARY KEY (ip_address)
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS deletionrequestrecord (
	id INTEGER NOT NULL,
	endpoint_id INTEGER NOT NULL,
	vmid INTEGER NOT NULL,
	node VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	created_at FLOAT NOT NULL,
	updated_at FLOAT NOT NULL,
	PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_deletionrequestrecord_endpoint_id ON deletionrequestrecord (endpoint_id);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_deletionrequestrecord_vmid ON deletionrequestrecord (vmid);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_deletionrequestrecord_node ON deletionrequestrecord (node);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_deletionrequestrecord_kind ON deletionrequestrecord (kind);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_deletionrequestrecord_state ON deletionrequestrecord (state);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS firewall_intent_request (
	id INTEGER NOT NULL,
	endpoint_id INTEGER NOT NULL,
	actor VARCHAR,
	action VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	payload JSON NOT NULL,
	plan_snapshot JSON NOT NULL,
	created_at FLOAT NOT NULL,
	updated_at FLOAT NOT NULL,
	PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_firewall_intent_request_endpoint_id ON firewall_intent_request (endpoint_id);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_firewall_intent_request_actor ON firewall_intent_request (actor);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_firewall_intent_request_action ON firewall_intent_request (action);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_firewall_intent_request_state ON firewall_intent_request (state);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS pbsendpoint (
	id INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	host VARCHAR NOT NULL,
	port INTEGER NOT NULL,
	token_id VARCHAR NOT NULL,
	token_secret VARCHAR NOT NULL,
	fingerprint VARCHAR,
	verify_ssl BOOLEAN NOT NULL,
	allow_writes BOOLEAN NOT NULL,
	enabled BOOLEAN NOT NULL,
	timeout_seconds INTEGER NOT NULL,
	last_seen_at FLOAT,
	PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS ix_pbsendpoint_name ON pbsendpoint (name);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_pbsendpoint_host ON pbsendpoint (host);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS pdmendpoint (
	id INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	host VARCHAR NOT NULL,
	port INTEGER NOT NULL,
	token_id VARCHAR NOT NULL,
	token_secret VARCHAR NOT NULL,
	fingerprint VARCHAR,
	verify_ssl BOOLEAN NOT NULL,
	allow_writes BOOLEAN NOT NULL,
	enabled BOOLEAN NOT NULL,
	timeout_seconds INTEGER NOT NULL,
	last_seen_at FLOAT,
	PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS ix_pdmendpoint_name ON pdmendpoint (name);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_pdmendpoint_host ON pdmendpoint (host);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS ceph_operation_run (
	id VARCHAR NOT NULL,
	plan_id VARCHAR,
	status VARCHAR NOT NULL,
	actor VARCHAR,
	source_branch_schema_id VARCHAR,
	provider VARCHAR NOT NULL,
	request_summary JSON NOT NULL,
	provider_task_refs JSON NOT NULL,
	created_at FLOAT NOT NULL,
	updated_at FLOAT NOT NULL,
	warnings JSON NOT NULL,
	errors JSON NOT NULL,
	result_summary JSON NOT NULL,
	PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_ceph_operation_run_plan_id ON ceph_operation_run (plan_id);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_ceph_operation_run_status ON ceph_operation_run (status);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_ceph_operation_run_actor ON ceph_operation_run (actor);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_ceph_operation_run_source_branch_schema_id ON ceph_operation_run (source_branch_schema_id);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_ceph_operation_run_provider ON ceph_operation_run (provider);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_ceph_operation_run_created_at ON ceph_operation_run (created_at);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_ceph_operation_run_updated_at ON ceph_operation_run (updated_at);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS prometheus_source (
	id INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	url VARCHAR NOT NULL,
	bearer_token VARCHAR,
	credential_ref VARCHAR,
	cluster_ref VARCHAR,
	verify_ssl BOOLEAN NOT NULL,
	enabled BOOLEAN NOT NULL,
	timeout_seconds INTEGER NOT NULL,
	scrape_interval_seconds INTEGER NOT NULL,
	last_seen_at FLOAT,
	PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS ix_prometheus_source_name ON prometheus_source (name);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_prometheus_source_cluster_ref ON prometheus_source (cluster_ref);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS ceph_dashboard_endpoint (
	id INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	base_url VARCHAR NOT NULL,
	username VARCHAR,
	password VARCHAR,
	token VARCHAR,
	credential_ref VARCHAR,
	cluster_ref VARCHAR,
	api_version VARCHAR NOT NULL,
	verify_ssl BOOLEAN NOT NULL,
	enabled BOOLEAN NOT NULL,
	timeout_seconds INTEGER NOT NULL,
	last_seen_at FLOAT,
	PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS ix_ceph_dashboard_endpoint_name ON ceph_dashboard_endpoint (name);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_ceph_dashboard_endpoint_cluster_ref ON ceph_dashboard_endpoint (cluster_ref);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS ceph_external_cluster (
	id INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	cluster_ref VARCHAR,
	ceph_version_hint VARCHAR,
	dashboard_endpoint_id INTEGER,
	prometheus_source_id INTEGER,
	rgw_admin_url VARCHAR,
	rgw_access_key VARCHAR,
	rgw_secret_key VARCHAR,
	ssh_host VARCHAR,
	ssh_user VARCHAR,
	ssh_credential_ref VARCHAR,
	verify_ssl BOOLEAN NOT NULL,
	enabled BOOLEAN NOT NULL,
	last_seen_at FLOAT,
	PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS ix_ceph_external_cluster_name ON ceph_external_cluster (name);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ix_ceph_external_cluster_cluster_ref ON ceph_external_cluster (cluster_ref);
