-- Long work. actor: who is named in the audit, as JSON; within_domain: the only domain it may touch; input: the object
-- that holds the lines; lease_until: until when the program that works on it has it for itself.
CREATE TABLE jobs (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  kind TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  owner_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  actor TEXT COLLATE "C" NOT NULL,
  within_domain BIGINT,
  role TEXT COLLATE "C",
  is_dry_run BOOLEAN NOT NULL,
  encoding TEXT COLLATE "C" NOT NULL,
  total BIGINT NOT NULL,
  done BIGINT NOT NULL,
  added BIGINT NOT NULL,
  skipped BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  error TEXT COLLATE "C",
  is_stop_wanted BOOLEAN NOT NULL,
  lease_owner TEXT COLLATE "C",
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
  job_id TEXT COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  line BIGINT NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL,
  target TEXT COLLATE "C" NOT NULL,
  field TEXT COLLATE "C",
  reason TEXT COLLATE "C",
  PRIMARY KEY (job_id, line)
);
CREATE INDEX job_lines_outcome ON job_lines (job_id, outcome, line);
