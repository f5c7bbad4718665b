ALTER TABLE audit DROP COLUMN as_user;
ALTER TABLE sessions DROP COLUMN actor_session;
