-- The answer to a node's heartbeat: how it stands now, and what all nodes are told.

return row(require("lib.rows.node"), require("lib.rows.notice"))
