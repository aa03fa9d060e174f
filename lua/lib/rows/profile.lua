-- What was registered of a node and only replies show, as its record keeps it. labels: a JSON object or "";
-- registered_at: of the first registration.

return row("services", "labels", "zone", "registered_at")
