# The table of figures in the project's README.md, from the documents of several runs: of each figure the lowest
# and the highest. usage: jq -rsf tests/bench/readme.jq RUN.json...

def short: if . >= 10000 then (. / 1000 + 0.5 | floor | "\(.),000") elif . >= 20 then (. + 0.5 | floor)
	else (. * 10 + 0.5 | floor / 10) end | tostring;
def range_of($shape): map(.[$shape]) | map(select(. != null)) | sort |
	if length == 0 then "" else [first, last] | map(short) | unique_by(.) | join(" to ") end;

"| figure | target | one class | 8 classes |",
"| --- | --- | --- | --- |",
(map(.figures) | transpose[] |
	"| \(.[0].figure) | \(.[0].target | if . then tostring else "" end) | \(range_of("plain")) | \(range_of("classes")) |")
