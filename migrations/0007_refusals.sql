CREATE TABLE IF NOT EXISTS refusal (
	netbox_endpoint_id INTEGER NOT NULL,
	branch VARCHAR NOT NULL,
	sentence VARCHAR NOT NULL,
	refused_at VARCHAR NOT NULL,
	PRIMARY KEY (netbox_endpoint_id, branch, sentence)
);
