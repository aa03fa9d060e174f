-- The names of all keys. Nothing else in the project knows what follows the prefix.
-- KEYS[1] is the prefix, "muster:{<namespace>}:". Names that end in ':' are followed by an id.
-- lua/README.md says what each key holds.

local keys = {}

local prefix = KEYS[1]

keys.settings = prefix .. "settings"
keys.totals = prefix .. "totals"
keys.events = prefix .. "events"

keys.nodes = prefix .. "nodes"
keys.node = prefix .. "node:"
keys.heartbeat = prefix .. "heartbeat:"
keys.deadlines = prefix .. "deadlines"
keys.suspects = prefix .. "suspects"
keys.evacuating = prefix .. "evacuating"
keys.hold = prefix .. "hold"

keys.classes = prefix .. "classes"
keys.class = prefix .. "class:"
keys.placement = prefix .. "placement:"

keys.ready = prefix .. "ready:"
keys.trait = prefix .. "trait:"
keys.domains = prefix .. "domains:"
keys.resource = prefix .. "resource:"
keys.resources = prefix .. "resources"
keys.group_nodes = prefix .. "group_nodes:"
keys.group_ways = prefix .. "group_ways:"
keys.group_domains = prefix .. "group_domains:"
keys.node_groups = prefix .. "node_groups:"

keys.roster = prefix .. "roster"
keys.roster_page = prefix .. "roster:"
keys.assignment = prefix .. "assignment:"
keys.node_agents = prefix .. "node_agents:"

keys.pending = prefix .. "pending"
keys.pending_groups = prefix .. "pending_groups"
keys.pending_group = prefix .. "pending_group:"
keys.class_waiting = prefix .. "class_waiting:"
keys.unmatched = prefix .. "unmatched"
keys.selective_groups = prefix .. "selective_groups"
keys.ready_groups = prefix .. "ready_groups"
keys.group_waiting = prefix .. "group_waiting:"
keys.woken = prefix .. "woken"
keys.waiting = prefix .. "waiting"
keys.pending_reasons = prefix .. "pending_reasons"
keys.expiring = prefix .. "expiring"
keys.survey = prefix .. "survey:"

keys.replication_mark = prefix .. "replication_mark"
keys.batch = prefix .. "batch:"
keys.idempotency = prefix .. "idempotency:"

keys.lease = prefix .. "lease"
keys.leader = prefix .. "leader"
keys.candidate = prefix .. "candidate:"

return keys
