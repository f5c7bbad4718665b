-- What resellers and searches by actor, action and address read of the audit log, newest first.
CREATE INDEX audit_reseller ON audit (reseller_id, id);
CREATE INDEX audit_actor ON audit (actor, id);
CREATE INDEX audit_action ON audit (action, id);
CREATE INDEX audit_ip ON audit (ip, id);
