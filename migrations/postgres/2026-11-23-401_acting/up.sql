-- The session of whoever acts as this one's user; absent where the user signed in themselves. It is looked up at each
-- request, so that acting ends with it.
ALTER TABLE sessions ADD COLUMN actor_session TEXT;
-- As whom somebody acted; absent where they acted as themselves.
ALTER TABLE audit ADD COLUMN as_user TEXT;
