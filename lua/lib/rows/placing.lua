-- How many pending agents were placed, and "1" where there may be more that a node can take, else "0".

return row("placed", "further")
