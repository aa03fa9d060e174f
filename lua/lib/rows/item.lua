-- The reply to one item, in an operation that takes many. event: the id of its event, or "". rest stands for
-- the columns of the operation's own row; if the outcome is "failed", it is the error, "WORD detail".

return row("outcome", "event", "rest")
