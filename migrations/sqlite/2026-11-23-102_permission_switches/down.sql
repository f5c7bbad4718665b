DROP TABLE permission_switches;
