-- How many nodes became suspect and offline; the hold, "on" or "off"; the time by Redis.

return row("suspects", "offline", "hold", "now")
