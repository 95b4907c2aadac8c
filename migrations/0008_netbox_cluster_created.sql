ALTER TABLE known_cluster ADD COLUMN netbox_cluster_created VARCHAR;
