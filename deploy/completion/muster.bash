# Completion of muster(1) for bash. Ids come from the cluster that MUSTER_ADDR names.

# The values that the option $1 can have. Fails if $1 is not an option with a value.
_muster_value() {
	case $1 in
	-status) echo 'online draining offline assigned pending' ;;
	-role) echo 'worker standby replica leader' ;;
	-strategy) echo 'round_robin least_loaded least_agents random weighted packed' ;;
	-types) echo 'node agent leader strategy hold' ;;
	-spread) echo 'node zone label:' ;;
	-node | -exclude-node) muster nodes -quiet -timeout 1s 2> /dev/null ;;
	-agent) muster agents -quiet -timeout 1s 2> /dev/null ;;
	-addr | -timeout | -service | -zone | -services | -metadata | -epoch | -incarnation | -since) ;;
	-label | -resource | -group | -priority | -queue-ttl) ;;
	*) return 1 ;;
	esac
}

# The options of the command in $1.
_muster_options() {
	local own=
	case $1 in
	nodes) own='-status -role -service -zone -quiet' ;;
	agents) own='-node -status -service -quiet' ;;
	'agent assign'*)
		own='-services -strategy -metadata -label -zone -node -exclude-node -resource -group -spread'
		own+=' -priority -queue -queue-ttl -dry-run -explain'
		;;
	'agent set'*) own='-metadata -priority -epoch' ;;
	'agent release'*) own='-epoch' ;;
	'node leave'*) own='-incarnation' ;;
	events) own='-f -since -types -node -agent' ;;
	top) own='-once' ;;
	esac
	echo "$own -addr -timeout -json -help -version"
}

# The words that can follow the words in $1.
_muster_words() {
	case $1 in
	'') echo 'nodes node agents agent balance leader stats events hold check top' ;;
	node) echo 'get drain undrain leave' ;;
	agent) echo 'get why assign set release' ;;
	leader) echo 'promote' ;;
	balance) _muster_value -strategy ;;
	hold) echo 'enter release confirm_dead' ;;
	'node get' | 'node drain' | 'node undrain' | 'node leave' | 'leader promote') _muster_value -node ;;
	'agent get' | 'agent why' | 'agent set' | 'agent release') _muster_value -agent ;;
	esac
}

_muster() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words='' i values
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} != -* ]]; then
			words+=${words:+ }${COMP_WORDS[i]}
		elif _muster_value "${COMP_WORDS[i]/#--/-}" > /dev/null; then
			((i++))
		fi
	done
	if [[ $before == -* ]] && values=$(_muster_value "${before/#--/-}"); then
		:
	elif [[ $word == -* ]]; then
		values=$(_muster_options "$words")
	else
		values=$(_muster_words "$words")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
}

complete -F _muster muster
