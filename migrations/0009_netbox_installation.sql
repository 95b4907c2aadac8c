CREATE TABLE IF NOT EXISTS netbox_installation (
	netbox_endpoint_id INTEGER NOT NULL PRIMARY KEY,
	settings_created VARCHAR NOT NULL
);
