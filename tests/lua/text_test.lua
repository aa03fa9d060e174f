-- lib.text

local check = require("check")
local text = require("lib.text")

check.test("int_keeps_every_digit", function()
	check.equal(text.int(1763936000123), "1763936000123")
	check.equal(text.int(2 ^ 53 - 1), "9007199254740991")
	check.equal(text.int(0), "0")
end)

check.test("split", function()
	check.equal(text.split(""), {})
	check.equal(text.split("a"), { "a" })
	check.equal(text.split("b,a,c"), { "b", "a", "c" })
end)

check.test("sorted", function()
	check.equal(text.sorted(""), "")
	check.equal(text.sorted("one"), "one")
	check.equal(text.sorted("b,a,c"), "a,b,c")
end)

check.test("before_goes_by_bytes", function()
	local ascending = { "", "a", "a-", "a-1", "a-10", "a-1000", "a-100012345", "a-2", "aB", "ab", "abc",
		"abcd", "abcde", "\255" }
	for i = 1, #ascending do
		for k = 1, #ascending do
			check.equal(text.before(ascending[i], ascending[k]), i < k)
		end
	end
end)

check.test("has_all_takes_whole_items", function()
	check.equal(text.has_all("a,b,c", {}), true)
	check.equal(text.has_all("", {}), true)
	check.equal(text.has_all("a,b,c", { "a", "c" }), true)
	check.equal(text.has_all("ab,c", { "a" }), false)
	check.equal(text.has_all("a.b", { "a%.b" }), false)
	check.equal(text.has_all("", { "a" }), false)
end)

check.done()
