-- Just enough to write tests in plain Lua: named tests, run at once, reported as cmocka does.

local check = { failed = 0 }

-- Runs one test; f raises an error where it fails.
function check.test(name, f)
	local ok, message = pcall(f)
	if ok then
		print("[       OK ] " .. name)
	else
		print(message)
		print("[  FAILED  ] " .. name)
		check.failed = check.failed + 1
	end
end

-- Fails unless both are equal; arrays are compared item by item.
function check.equal(actual, expected)
	if type(actual) == "table" and type(expected) == "table" then
		check.equal(#actual, #expected)
		for i = 1, #expected do
			check.equal(actual[i], expected[i])
		end
	elseif actual ~= expected then
		error("got " .. tostring(actual) .. ", expected " .. tostring(expected), 2)
	end
end

-- Ends the program, with a status that says whether a test failed.
function check.done()
	os.exit(check.failed > 0 and 1 or 0)
end

return check
