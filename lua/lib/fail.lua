-- Ends the script with an error that a client can be told.
-- word: a name of src/base/errors.def. detail: a sentence for the client, or for NO_CAPACITY
-- its reasons as "name=count" pairs. Does not return. To be called before the first write.

-- rare: an error
return function(word, detail)
	error({ err = word .. " " .. detail })
end
