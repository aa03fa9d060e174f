-- How many pending agents were placed, and how many groups the next call should skip.

return row("placed", "first")
