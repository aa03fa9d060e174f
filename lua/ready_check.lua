#!lua
-- Does nothing. Redis refuses a script that may write wherever it would refuse a write: on a replica, out
-- of memory, after a failed snapshot, without enough replicas. So this shows whether Redis accepts
-- writes.
-- Reply: {"ok", ""}.

replies()
return { "ok", "" }
