-- lib.strategies: each strategy computes the score that the API defines.

local check = require("check")
local strategies = require("lib.strategies")

local settings = { weight_cpu = 0.4, weight_memory = 0.3, weight_agents = 0.3 }
local function node(changes)
	local n = { max_agents = 10, active_agents = 0, weight = 10, chosen = 0, cpu_usage = 0,
		memory_usage = 0 }
	for name, value in pairs(changes) do
		n[name] = value
	end
	return n
end
local function near(actual, expected)
	check.equal(math.abs(actual - expected) < 1e-12, true)
end

check.test("every_name_has_a_score", function()
	check.equal(#strategies.names, 5)
	for _, name in ipairs(strategies.names) do
		check.equal(type(strategies.score[name]), "function")
		check.equal(strategies.named(name), name)
	end
end)

check.test("named_accepts_hyphens_and_nothing_else", function()
	check.equal(strategies.named("least-loaded"), "least_loaded")
	check.equal(strategies.named("names"), nil)
	check.equal(strategies.named(""), nil)
	check.equal(strategies.named("Random"), nil)
end)

check.test("least_loaded_weighs_cpu_memory_agents", function()
	near(strategies.score.least_loaded(node({}), settings), 0)
	near(strategies.score.least_loaded(node({ cpu_usage = 100 }), settings), 400000000)
	near(strategies.score.least_loaded(node({ memory_usage = 50 }), settings), 150000000)
	near(strategies.score.least_loaded(node({ active_agents = 5 }), settings), 150000000)
	near(strategies.score.least_loaded(node({ max_agents = 0 }), settings), 300000000)
end)

check.test("weighted_is_websters_rule", function()
	near(strategies.score.weighted(node({ active_agents = 3, weight = 7 })), 0.5)
	check.equal(strategies.score.weighted(node({ weight = 0 }))
		> strategies.score.weighted(node({ active_agents = 1000000, weight = 1 })), true)
end)

check.test("round_robin_least_agents_random", function()
	check.equal(strategies.score.round_robin(node({ chosen = 12 })), 12)
	check.equal(strategies.score.least_agents(node({ active_agents = 4 })), 4)
	check.equal(strategies.score.random(node({ active_agents = 4 })), 0)
	check.equal(strategies.by_chance.random, true)
end)

check.done()
