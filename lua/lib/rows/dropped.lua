-- The strategy whose index was dropped; "" for none.

return row("strategy")
