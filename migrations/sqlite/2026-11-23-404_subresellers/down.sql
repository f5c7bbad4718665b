DROP INDEX resellers_parent;
ALTER TABLE resellers DROP COLUMN parent_id;
