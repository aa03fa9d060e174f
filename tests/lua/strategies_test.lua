-- lib.strategies: each strategy computes the score that the API defines.

local check = require("check")
local strategies = require("lib.strategies")

local t = { strategies = {}, weight_cpu = 0.4, weight_memory = 0.3, weight_agents = 0.3 }
local function node(changes)
	local n = { max_agents = 10, active_agents = 0, weight = "10", chosen = "0", report = "0\t0\t0\t0" }
	for name, value in pairs(changes) do
		n[name] = value
	end
	return n
end
local function score(name, n)
	return strategies.get(t, name).score(n, t)
end
local function near(actual, expected)
	check.equal(math.abs(actual - expected) < 1e-12, true)
end

check.test("every_name_has_a_score", function()
	check.equal(#strategies.names, 6)
	for _, name in ipairs(strategies.names) do
		check.equal(type(strategies.get(t, name).score), "function")
		check.equal(strategies.name_of(name), name)
	end
end)

check.test("names_may_have_hyphens_and_nothing_else", function()
	check.equal(strategies.name_of("least-loaded"), "least_loaded")
	check.equal(strategies.name_of("names"), nil)
	check.equal(strategies.name_of(""), nil)
	check.equal(strategies.name_of("Random"), nil)
end)

check.test("least_loaded_weighs_cpu_memory_agents", function()
	near(score("least_loaded", node({})), 0)
	near(score("least_loaded", node({ report = "100\t0\t0\t0" })), 400000000)
	near(score("least_loaded", node({ report = "0\t50\t0\t0" })), 150000000)
	near(score("least_loaded", node({ active_agents = 5 })), 150000000)
	near(score("least_loaded", node({ max_agents = 0 })), 300000000)
end)

check.test("weighted_is_websters_rule", function()
	near(score("weighted", node({ active_agents = 3, weight = "7" })), 0.5)
	check.equal(score("weighted", node({ weight = "0" }))
		> score("weighted", node({ active_agents = 1000000, weight = "1" })), true)
end)

check.test("round_robin_least_agents_random", function()
	check.equal(score("round_robin", node({ chosen = "12" })), 12)
	check.equal(score("least_agents", node({ active_agents = 4 })), 4)
	check.equal(score("random", node({ active_agents = 4 })), 0)
	check.equal(strategies.get(t, "random").by_lot, true)
end)

check.test("packed_prefers_the_fullest_node_with_room", function()
	near(score("packed", node({ active_agents = 9 })), 100000000)
	near(score("packed", node({ active_agents = 4, max_agents = 5 })), 200000000)
	near(score("packed", node({})), 1000000000)
end)

check.done()
