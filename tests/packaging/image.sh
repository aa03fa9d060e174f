#!/bin/sh
# usage: tests/packaging/image.sh (from the top of the tree, as root)
#
# Tests that deploy/docker/Dockerfile makes an image that works. Runs its steps one by one in a
# separate Debian system, so it needs debootstrap but no Docker. It only supports the instructions
# that this Dockerfile uses.
set -eu
# shellcheck source=tests/packaging/chroot.sh
. tests/packaging/chroot.sh

file=deploy/docker/Dockerfile
stage=1
name=1

# from IMAGE [AS NAME]: starts a new stage. Keeps the previous one under its name.
from() {
	if [ -d "$root" ]; then
		umount_all
		mv "$root" "$work/stage-$name"
	fi
	suite=${1#debian:}
	chroot_make "${suite%-slim}"
	name=${3:-$stage} stage=$((stage + 1))
	user=root folder=/ env=''
}

# copy SOURCE TARGET: copies from the tree, or, with --from=NAME first, from an earlier stage.
copy() {
	case $1 in
	--from=*) cp "$work/stage-${1#--from=}$2" "$root$3" ;;
	.) tar -c -X "$file.dockerignore" . | tar -x -C "$root$folder" ;;
	*) die "COPY $*: unknown" ;;
	esac
}

# in_image COMMAND…: runs the command with the image's user, folder and environment.
in_image() {
	# shellcheck disable=SC2086 # a list of names and values
	inside env -C "$folder" $env setpriv --reuid "$user" --regid "$user" --init-groups "$@"
}

# step INSTRUCTION REST: runs one instruction of the Dockerfile.
step() {
	# shellcheck disable=SC2086 # words
	case $1 in
	FROM) from $2 ;;
	COPY) copy $2 ;;
	RUN) in_image sh -c "$2" > "$work/run.log" 2>&1 || die "RUN $2: $(tail "$work/run.log")" ;;
	WORKDIR) folder=$2 && mkdir -p "$root$2" ;;
	USER) user=$2 ;;
	ENV) env="$env $2" ;;
	HEALTHCHECK) health=${2#*CMD } ;;
	ENTRYPOINT) entrypoint=$2 ;;
	EXPOSE) ;;
	*) die "$1: unknown" ;;
	esac
}

# array JSON: prints the elements of the array as words for the shell.
array() {
	printf '%s' "$1" | jq -r '@sh'
}

healthy() {
	eval "in_image env MUSTER_PORT=$port $(array "$health")"
}

unhealthy() {
	! healthy
}

# Joins continued lines, so that each line is one step.
sed -e '/^#/d' -e '/^$/d' -e ':a' -e '/\\$/{N;s/\\\n[ \t]*//;ba' -e '}' "$file" > "$work/steps"
while read -r instruction rest; do
	step "$instruction" "$rest" < /dev/null
done < "$work/steps"
ok 'every step of the Dockerfile succeeds'
[ "$(in_image id -un)" = muster ] || die 'it does not run as muster'
! in_image sh -c 'command -v cc || command -v make' > /dev/null || die 'it has what it was built with'

redis-server --port 0 --unixsocket "$root/tmp/redis.sock" --unixsocketperm 777 --save '' --dir "$work" \
	> "$work/redis.log" 2>&1 &
redis=$!
# shellcheck disable=SC2086 # a list of names and values
eval "start_inside \"\$work/musterd.log\" env -C $folder $env MUSTER_PORT=0 \
	MUSTER_REDIS=unix:///tmp/redis.sock MUSTER_CLUSTER=node-1 \
	setpriv --reuid $user --regid $user --init-groups $(array "$entrypoint")"
until_ready
healthy || die 'it is ready, and not healthy'
kill "$redis"
wait "$redis" || true
until_true 10 unhealthy || die 'it is healthy without its Redis'
ends_well
ok 'the image serves, is healthy for as long as it is ready, and ends in good order'
