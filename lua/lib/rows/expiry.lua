-- How many nodes became suspect, and how many offline; the hold, "on" or "off"; Redis' time in ms.

return row("suspects", "offline", "hold", "now")
