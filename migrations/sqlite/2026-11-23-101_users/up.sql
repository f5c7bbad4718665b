ALTER TABLE users ADD COLUMN display_name TEXT;
-- Where the user is written to; email users are at their user name.
ALTER TABLE users ADD COLUMN email TEXT;
CREATE INDEX users_created ON users (created_at, username);
CREATE INDEX users_domain_name ON users (domain_id, username);
