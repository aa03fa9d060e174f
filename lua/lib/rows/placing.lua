-- How many waiting agents were placed, and how many groups to pass over next time.

return row("placed", "first")
