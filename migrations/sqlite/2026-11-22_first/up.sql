-- Times are milliseconds since 1970 in UTC. Ids of log and quarantine rows are contract::ids::RecordId: time,
-- order, cursor and key in one. Columns ending in _search hold the lower-cased text that is searched.

CREATE TABLE resellers (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  domain_limit INTEGER NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX resellers_slug ON resellers (slug);

CREATE TABLE domains (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  reseller_id BIGINT REFERENCES resellers (id),
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX domains_name ON domains (name);
CREATE INDEX domains_reseller ON domains (reseller_id, name);
CREATE INDEX domains_created ON domains (created_at, name);

-- Domains that are gone while their log and held messages still go, some rows at a time. Nobody reaches those rows.
CREATE TABLE removed_domains (
  domain_id BIGINT NOT NULL,
  removed_at BIGINT NOT NULL,
  PRIMARY KEY (domain_id)
) WITHOUT ROWID;

CREATE TABLE routes (
  domain_id BIGINT NOT NULL REFERENCES domains (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  PRIMARY KEY (domain_id, position)
) WITHOUT ROWID;

CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  username TEXT NOT NULL,
  role TEXT NOT NULL,
  reseller_id BIGINT REFERENCES resellers (id) ON DELETE CASCADE,
  domain_id BIGINT REFERENCES domains (id) ON DELETE CASCADE,
  password_hash TEXT NOT NULL,
  is_active BOOLEAN NOT NULL,
  language TEXT,
  theme TEXT NOT NULL,
  time_zone TEXT,
  created_at BIGINT NOT NULL,
  last_login_at BIGINT,
  previous_login_at BIGINT
);
CREATE UNIQUE INDEX users_username ON users (username);
CREATE INDEX users_reseller ON users (reseller_id);
CREATE INDEX users_domain ON users (domain_id);

CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  refresh_hash TEXT NOT NULL,
  previous_hash TEXT,
  rotated_at BIGINT NOT NULL,
  events_hash TEXT NOT NULL,
  ip TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- The values set at a level. scope_id: 0 at the global level, else the reseller or the domain; mailbox: the local
-- part at the email level, else empty. A value that equals the inherited one is still set.
CREATE TABLE settings (
  level TEXT NOT NULL,
  scope_id BIGINT NOT NULL,
  mailbox TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (level, scope_id, mailbox, key)
) WITHOUT ROWID;
CREATE INDEX settings_key ON settings (key);

-- Append-only: each row holds the hash of itself and the row before. No references: it outlives what it tells of.
CREATE TABLE audit (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at BIGINT NOT NULL,
  actor_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  role TEXT NOT NULL,
  ip TEXT NOT NULL,
  request_id TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  reseller_id BIGINT,
  domain_id BIGINT,
  before TEXT,
  after TEXT,
  hash TEXT NOT NULL
);
CREATE INDEX audit_domain ON audit (domain_id, id);
CREATE INDEX audit_at ON audit (at);

-- One row, which every change by a person locks first: changes happen one after another.
CREATE TABLE policy_revision (
  id BIGINT NOT NULL PRIMARY KEY,
  revision BIGINT NOT NULL
);
INSERT INTO policy_revision (id, revision) VALUES (1, 1);

-- Which revision last touched each document of the nodes' policy. kind: global, reseller, domain.
CREATE TABLE policy_documents (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  revision BIGINT NOT NULL,
  is_removed BOOLEAN NOT NULL,
  PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX policy_documents_revision ON policy_documents (revision);
INSERT INTO policy_documents (kind, key, revision, is_removed) VALUES ('global', '', 1, FALSE);

CREATE TABLE nodes (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  number INTEGER NOT NULL,
  token_hash TEXT NOT NULL,
  version TEXT,
  last_seen_at BIGINT,
  queued BIGINT NOT NULL,
  policy_revision BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX nodes_name ON nodes (name);
CREATE UNIQUE INDEX nodes_number ON nodes (number);
CREATE UNIQUE INDEX nodes_token ON nodes (token_hash);

-- What a node is still to do; a row goes when it is acknowledged. orders: JSON of contract::nodes::Order.
CREATE TABLE node_commands (
  id TEXT NOT NULL PRIMARY KEY,
  node_id TEXT,
  record_id BIGINT NOT NULL,
  domain_id BIGINT NOT NULL REFERENCES domains (id) ON DELETE CASCADE,
  body_key TEXT NOT NULL,
  orders TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX node_commands_node ON node_commands (node_id, id);
CREATE INDEX node_commands_domain ON node_commands (domain_id);
CREATE INDEX node_commands_body ON node_commands (body_key);

-- What lists show and searches read of a log record. The rest is in log_details.
CREATE TABLE log (
  domain_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  node INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  sender_ip TEXT NOT NULL,
  sender_host TEXT NOT NULL,
  size BIGINT NOT NULL,
  size_delivered BIGINT NOT NULL,
  classification TEXT NOT NULL,
  status TEXT NOT NULL,
  status_at BIGINT NOT NULL,
  score DOUBLE,
  ip_search TEXT NOT NULL,
  sender_search TEXT NOT NULL,
  recipient_search TEXT NOT NULL,
  subject_search TEXT NOT NULL,
  PRIMARY KEY (domain_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX log_id ON log (id);
CREATE INDEX log_recipient ON log (domain_id, recipient_search, id);
CREATE INDEX log_ip ON log (ip_search, id);
CREATE INDEX log_message ON log (message_id);
-- Rare classifications in every tenant, and all that is counted over time.
CREATE INDEX log_classification ON log (classification, id, domain_id);

CREATE TABLE log_details (
  id BIGINT NOT NULL,
  helo TEXT NOT NULL,
  is_encrypted BOOLEAN NOT NULL,
  header_from TEXT NOT NULL,
  header_to TEXT NOT NULL,
  reason TEXT,
  reply TEXT NOT NULL,
  unsure_threshold DOUBLE,
  quarantine_threshold DOUBLE,
  evidence TEXT NOT NULL,
  authentication TEXT NOT NULL,
  attachments INTEGER NOT NULL,
  PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE TABLE log_events (
  record_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  host TEXT NOT NULL,
  reply TEXT NOT NULL,
  size BIGINT NOT NULL,
  actor TEXT NOT NULL,
  PRIMARY KEY (record_id, id)
) WITHOUT ROWID;

-- The content of held messages, one row an object of the store; the row goes after the object. look_at: when to
-- see whether anybody still refers to it.
CREATE TABLE bodies (
  key TEXT NOT NULL PRIMARY KEY,
  node_id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  size BIGINT NOT NULL,
  stored_at BIGINT NOT NULL,
  look_at BIGINT NOT NULL
);
CREATE INDEX bodies_look ON bodies (look_at);

-- Held messages, one row a recipient, hidden at each level by itself (QUA-10).
CREATE TABLE quarantine (
  domain_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  node INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  body_key TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  header_from TEXT NOT NULL,
  header_to TEXT NOT NULL,
  subject TEXT NOT NULL,
  size BIGINT NOT NULL,
  classification TEXT NOT NULL,
  score DOUBLE,
  attachments INTEGER NOT NULL,
  released_at BIGINT,
  hidden_admin BOOLEAN NOT NULL,
  hidden_domain BOOLEAN NOT NULL,
  hidden_email BOOLEAN NOT NULL,
  hidden_at BIGINT,
  sender_search TEXT NOT NULL,
  recipient_search TEXT NOT NULL,
  from_search TEXT NOT NULL,
  to_search TEXT NOT NULL,
  subject_search TEXT NOT NULL,
  PRIMARY KEY (domain_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX quarantine_id ON quarantine (id);
CREATE INDEX quarantine_recipient ON quarantine (domain_id, recipient_search, id);
CREATE INDEX quarantine_expires ON quarantine (expires_at);
CREATE INDEX quarantine_hidden ON quarantine (hidden_at);
CREATE INDEX quarantine_body ON quarantine (body_key);

-- What people teach the filter: this message, of this mailbox, was spam or was not. The content it is about is kept
-- as long as the row.
CREATE TABLE training_acts (
  record_id BIGINT NOT NULL,
  domain_id BIGINT NOT NULL REFERENCES domains (id) ON DELETE CASCADE,
  mailbox TEXT NOT NULL,
  is_spam BOOLEAN NOT NULL,
  body_key TEXT NOT NULL,
  at BIGINT NOT NULL,
  actor_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  role TEXT NOT NULL,
  PRIMARY KEY (record_id)
) WITHOUT ROWID;
CREATE INDEX training_acts_domain ON training_acts (domain_id, at);
CREATE INDEX training_acts_body ON training_acts (body_key);
CREATE INDEX training_acts_at ON training_acts (at);
