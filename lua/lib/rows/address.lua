-- How to reach a node, as its record keeps it.

return row("hostname", "ip_address", "port")
