-- Two records that contradict each other.

return row("kind", "subject", "detail")
