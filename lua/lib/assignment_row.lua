-- An assignment as a reply row, in the order of assignment_out in src/api/assignment.c: one text with
-- tabs between the values, as each text of a reply costs Redis more than its bytes. What there is not
-- is "".

return function(id, node_id, status, epoch, services, strategy, metadata, assigned_at,
	previous_node_id, reason, hostname, ip_address, port, healthy)
	return id .. "\t" .. node_id .. "\t" .. status .. "\t" .. epoch .. "\t" .. services .. "\t" .. strategy
		.. "\t" .. metadata .. "\t" .. assigned_at .. "\t" .. previous_node_id .. "\t" .. reason .. "\t"
		.. hostname .. "\t" .. ip_address .. "\t" .. port .. "\t" .. healthy
end
