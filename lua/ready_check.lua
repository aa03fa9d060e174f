#!lua
-- Does nothing. A script that may write is refused wherever a write would be: by a replica, out
-- of memory, after a failed snapshot, without enough replicas. So this tells whether Redis serves.
-- Reply: {"ok", ""}.

replies()
return { "ok", "" }
