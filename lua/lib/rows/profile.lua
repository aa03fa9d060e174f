-- The part of a node's registration that placing reads only for agents with requirements, as stored in its
-- record. labels: "key=value,…" in ascending order of keys, with values as src/base/pairs.c escapes them;
-- resources: "name=amount,…" in ascending order; registered_at: the time of the first registration.

return row("services", "labels", "zone", "registered_at", "resources")
