ALTER TABLE machine_memory ADD COLUMN guest_name VARCHAR;
--> statement-breakpoint
ALTER TABLE machine_memory ADD COLUMN host_names VARCHAR;
