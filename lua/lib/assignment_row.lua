-- An assignment as a reply row, in the order of assignment_out in src/api/agent.c: one text with
-- tabs between the values, as each text of a reply costs Redis more than its bytes. What there is not
-- is "". address: of its node, as the record has it.

return function(id, node_id, status, epoch, services, strategy, metadata, assigned_at,
	previous_node_id, reason, address, healthy)
	return id .. "\t" .. node_id .. "\t" .. status .. "\t" .. epoch .. "\t" .. services .. "\t" .. strategy
		.. "\t" .. metadata .. "\t" .. assigned_at .. "\t" .. previous_node_id .. "\t" .. reason .. "\t"
		.. address .. "\t" .. healthy
end
