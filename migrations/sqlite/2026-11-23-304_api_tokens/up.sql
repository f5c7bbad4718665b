-- How programs sign in. scopes: names of permissions; networks: such as 192.0.2.0/24; both separated by commas.
CREATE TABLE api_tokens (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  hint TEXT NOT NULL,
  scopes TEXT NOT NULL,
  domain_id BIGINT REFERENCES domains (id) ON DELETE CASCADE,
  networks TEXT NOT NULL,
  expires_at BIGINT,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  last_used_ip TEXT,
  PRIMARY KEY (id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX api_tokens_hash ON api_tokens (token_hash);
CREATE INDEX api_tokens_user ON api_tokens (user_id, id);
CREATE INDEX api_tokens_domain ON api_tokens (domain_id);
