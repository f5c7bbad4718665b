-- Who a reseller works for; one level deep.
ALTER TABLE resellers ADD COLUMN parent_id BIGINT REFERENCES resellers (id);
CREATE INDEX resellers_parent ON resellers (parent_id);
