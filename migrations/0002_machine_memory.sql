CREATE TABLE IF NOT EXISTS machine_memory (
	netbox_endpoint_id INTEGER NOT NULL,
	branch VARCHAR NOT NULL,
	virtual_machine_id INTEGER NOT NULL,
	smbios_uuid VARCHAR NOT NULL,
	created_at VARCHAR NOT NULL,
	missed_runs INTEGER NOT NULL,
	PRIMARY KEY (netbox_endpoint_id, branch, virtual_machine_id)
);
