-- The logos of resellers; 0 is the installation's. hash: SHA-256 of the content, its name in addresses.
CREATE TABLE logos (
  reseller_id BIGINT NOT NULL PRIMARY KEY,
  hash TEXT COLLATE "C" NOT NULL,
  media_type TEXT COLLATE "C" NOT NULL,
  content BYTEA NOT NULL
);
CREATE INDEX logos_hash ON logos (hash);
