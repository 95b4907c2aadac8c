ALTER TABLE machine_memory ADD COLUMN lacks_discovery_tag INTEGER;
