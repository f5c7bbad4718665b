-- Links for a new password that still hold, by the hash of their secret.
CREATE TABLE password_recoveries (
  token_hash TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (token_hash)
);
CREATE INDEX password_recoveries_user ON password_recoveries (user_id);
CREATE INDEX password_recoveries_expires ON password_recoveries (expires_at);
