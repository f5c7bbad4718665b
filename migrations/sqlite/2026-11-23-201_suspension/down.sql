ALTER TABLE domains DROP COLUMN is_suspended;
ALTER TABLE resellers DROP COLUMN is_suspended;
