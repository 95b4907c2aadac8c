CREATE TABLE IF NOT EXISTS endpoint_id (
	kind VARCHAR NOT NULL,
	id INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	is_older BOOLEAN NOT NULL,
	PRIMARY KEY (kind, id)
);
--> statement-breakpoint
INSERT OR IGNORE INTO endpoint_id SELECT 'proxmox', id, name, 1 FROM proxmoxendpoint;
--> statement-breakpoint
INSERT OR IGNORE INTO endpoint_id SELECT 'netbox', id, name, 1 FROM netboxendpoint;
--> statement-breakpoint
CREATE TRIGGER IF NOT EXISTS proxmoxendpoint_id_given AFTER INSERT ON proxmoxendpoint BEGIN
	INSERT OR REPLACE INTO endpoint_id VALUES ('proxmox', NEW.id, NEW.name, 0);
END;
--> statement-breakpoint
CREATE TRIGGER IF NOT EXISTS proxmoxendpoint_id_left AFTER DELETE ON proxmoxendpoint BEGIN
	INSERT OR REPLACE INTO endpoint_id VALUES ('proxmox', OLD.id, OLD.name, 0);
END;
--> statement-breakpoint
CREATE TRIGGER IF NOT EXISTS netboxendpoint_id_given AFTER INSERT ON netboxendpoint BEGIN
	INSERT OR REPLACE INTO endpoint_id VALUES ('netbox', NEW.id, NEW.name, 0);
END;
--> statement-breakpoint
CREATE TRIGGER IF NOT EXISTS netboxendpoint_id_left AFTER DELETE ON netboxendpoint BEGIN
	INSERT OR REPLACE INTO endpoint_id VALUES ('netbox', OLD.id, OLD.name, 0);
END;
--> statement-breakpoint
ALTER TABLE known_cluster ADD COLUMN is_confirmed BOOLEAN NOT NULL DEFAULT 1;
