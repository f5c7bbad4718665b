-- When the password was last shown in this session: what is sensitive needs that to be a moment ago.
ALTER TABLE sessions ADD COLUMN confirmed_at BIGINT NOT NULL DEFAULT 0;

-- Sign-ins and tries. user_id is absent where there is no such user: writing it takes as long as for one there is.
CREATE TABLE logins (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  at BIGINT NOT NULL,
  ip TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  outcome TEXT NOT NULL
);
CREATE INDEX logins_user ON logins (user_id, id);
CREATE INDEX logins_at ON logins (at);
