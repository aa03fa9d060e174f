-- Before a page of events. standing: "known", or "lost" where events may have been missed; last_id: that of
-- the stream's last entry; key: of the stream.

return row("standing", "last_id", "key")
