-- Who signs in with codes of an app. sealed_seed: sealed by the key file of the data folder. last_step: the latest
-- step whose code was taken, so that none is taken twice.
CREATE TABLE second_factors (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  sealed_seed TEXT NOT NULL,
  is_active BOOLEAN NOT NULL,
  active_since BIGINT,
  last_step BIGINT NOT NULL,
  failures INTEGER NOT NULL,
  locked_until BIGINT NOT NULL,
  PRIMARY KEY (user_id)
) WITHOUT ROWID;

-- Recovery codes that are not used yet.
CREATE TABLE recovery_codes (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  code_hash TEXT NOT NULL,
  PRIMARY KEY (user_id, code_hash)
) WITHOUT ROWID;

-- Devices that sign in without a code for a while.
CREATE TABLE trusted_devices (
  token_hash TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (token_hash)
) WITHOUT ROWID;
CREATE INDEX trusted_devices_user ON trusted_devices (user_id);
CREATE INDEX trusted_devices_expires ON trusted_devices (expires_at);

-- Roles whose people must have a second factor; a role that is not here need not.
CREATE TABLE second_factor_rules (
  role TEXT NOT NULL,
  is_required BOOLEAN NOT NULL,
  PRIMARY KEY (role)
) WITHOUT ROWID;
