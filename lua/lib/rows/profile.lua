-- The part of a node's registration that is only shown in replies, as stored in its record. labels: a JSON
-- object or ""; registered_at: the time of the first registration.

return row("services", "labels", "zone", "registered_at")
