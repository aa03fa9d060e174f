-- The reply to one item, of an operation that takes many. rest: the columns of the row that the operation
-- replies with; where the outcome is "failed" the error, "WORD detail".

return row("outcome", "event", "rest")
