-- The first row of a page of events. standing: "known", or "lost" if events may have been missed; last_id:
-- the id of the stream's last entry; key: the stream's key.

return row("standing", "last_id", "key")
