-- A minimal test framework in plain Lua: runs named tests and reports them like cmocka.

local check = { failed = 0 }

-- Runs one test, which fails if f raises an error.
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

-- Raises an error unless both are equal. Arrays are compared item by item.
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

-- Ends the program. The exit status says whether a test failed.
function check.done()
	os.exit(check.failed > 0 and 1 or 0)
end

return check
