DROP INDEX audit_ip;
DROP INDEX audit_action;
DROP INDEX audit_actor;
DROP INDEX audit_reseller;
