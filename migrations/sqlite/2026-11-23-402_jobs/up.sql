-- Long work. actor: who is named in the audit, as JSON; within_domain: the only domain it may touch; input: the object
-- that holds the lines; lease_until: until when the program that works on it has it for itself.
CREATE TABLE jobs (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  owner_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  actor TEXT NOT NULL,
  within_domain BIGINT,
  role TEXT,
  is_dry_run BOOLEAN NOT NULL,
  encoding TEXT NOT NULL,
  total BIGINT NOT NULL,
  done BIGINT NOT NULL,
  added BIGINT NOT NULL,
  skipped BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  error TEXT,
  is_stop_wanted BOOLEAN NOT NULL,
  lease_owner TEXT,
  lease_until BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  ended_at BIGINT
);
CREATE INDEX jobs_owner ON jobs (owner_id, id);
CREATE INDEX jobs_state ON jobs (state, lease_until);
CREATE INDEX jobs_created ON jobs (created_at);

-- What became of each line.
CREATE TABLE job_lines (
  job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  line BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  target TEXT NOT NULL,
  field TEXT,
  reason TEXT,
  PRIMARY KEY (job_id, line)
);
CREATE INDEX job_lines_outcome ON job_lines (job_id, outcome, line);
