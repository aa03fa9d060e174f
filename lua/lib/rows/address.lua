-- The address of a node, as stored in its record.

return row("hostname", "ip_address", "port")
