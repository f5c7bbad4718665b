DROP TABLE job_lines;
DROP TABLE jobs;
