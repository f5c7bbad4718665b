-- Requests that were sent with an Idempotency-Key: what was answered, for a day. status: absent while it is being
-- worked on, at most until lease_until. sealed_answer: absent where the answer was too large to keep.
CREATE TABLE idempotency_keys (
  owner TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status INTEGER,
  content_type TEXT,
  sealed_answer TEXT,
  created_at BIGINT NOT NULL,
  lease_until BIGINT NOT NULL,
  PRIMARY KEY (owner, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);
