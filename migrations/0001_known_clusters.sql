CREATE TABLE IF NOT EXISTS known_cluster (
	proxmox_endpoint_id INTEGER NOT NULL,
	netbox_endpoint_id INTEGER NOT NULL,
	identity TEXT,
	mode TEXT NOT NULL,
	name TEXT NOT NULL,
	nodes TEXT NOT NULL,
	netbox_cluster_id INTEGER,
	netbox_cluster_name TEXT,
	PRIMARY KEY (proxmox_endpoint_id, netbox_endpoint_id)
);
