-- The leader, its term and its lease.

return row("leader_id", "term", "url", "acquired_at", "renewed_at", "lease_ms", "expires_in_ms",
	"transitions")
