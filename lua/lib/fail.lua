-- Ends the script with an error for the client. Does not return. Call it before the first write.
-- word: a name in src/base/errors.def. detail: a sentence for the client; for NO_CAPACITY its reasons, as
-- "name=count" pairs with a space between them.

-- rare: an error
return function(word, detail)
	error({ err = word .. " " .. detail })
end
