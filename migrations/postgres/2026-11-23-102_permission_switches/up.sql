-- What was switched away from the permission matrix. name: a permission, log_in or recover_password.
CREATE TABLE permission_switches (
  role TEXT NOT NULL,
  name TEXT NOT NULL,
  is_on BOOLEAN NOT NULL,
  PRIMARY KEY (role, name)
);
