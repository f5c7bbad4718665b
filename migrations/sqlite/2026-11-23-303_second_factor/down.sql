DROP TABLE second_factor_rules;
DROP TABLE trusted_devices;
DROP TABLE recovery_codes;
DROP TABLE second_factors;
