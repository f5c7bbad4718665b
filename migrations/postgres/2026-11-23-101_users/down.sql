DROP INDEX users_domain_name;
DROP INDEX users_created;
ALTER TABLE users DROP COLUMN email;
ALTER TABLE users DROP COLUMN display_name;
