DROP TABLE logins;
ALTER TABLE sessions DROP COLUMN confirmed_at;
