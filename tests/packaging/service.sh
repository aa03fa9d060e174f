#!/bin/sh
# usage: tests/packaging/service.sh (from the top of the tree, as root)
#
# Tests that the service works with all of its restrictions, under a running systemd. Installs the
# package in a separate Debian system and boots it with its own network. Needs debootstrap and
# systemd-nspawn.
set -eu
# shellcheck source=tests/packaging/chroot.sh
. tests/packaging/chroot.sh

build=${BUILD:-build}
api=http://127.0.0.1:8151/api/cluster
init=''

# Nobody logs in at the machine's console, so commands enter its namespaces.
on_machine() {
	nsenter --target "$init" --all --wd=/ -- env -i PATH="$path" LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
}

boot() {
	umount_all
	echo node-1 > "$root/etc/hostname"
	# If this machine does not run systemd, the new one cannot be registered with it.
	alone=''
	[ -d /run/systemd/system ] || alone='--register=no --keep-unit'
	# shellcheck disable=SC2086 # options
	systemd-nspawn --quiet --directory "$root" --boot --private-network \
		--machine "muster-$$" $alone > "$work/boot.log" 2>&1 < /dev/null &
	nspawn=$!
	until_true 30 is_up || die "it does not boot: $(tail -n 20 "$work/boot.log")"
}

is_up() {
	kill -0 "$nspawn" 2> /dev/null || die "it does not boot: $(tail -n 20 "$work/boot.log")"
	init=$(ps -o pid= --ppid "$nspawn" | tr -d ' ')
	[ -n "$init" ] && [ "$(on_machine systemctl is-active multi-user.target 2> /dev/null)" = active ]
}

# is PATH FILTER: succeeds if the API answers and the filter is true for the answer.
is() {
	on_machine curl -fs --max-time 5 "$api$1" > "$work/reply" && jq -e "$2" "$work/reply" > "$work/jq.log"
}

# wants PATH FILTER WHAT: fails unless `is PATH FILTER` succeeds within 10 s.
wants() {
	until_true 10 is "$1" "$2" || die "$3: $(cat "$work/reply"; on_machine journalctl -u musterd -n 20 --no-pager)"
}

main_pid() {
	on_machine systemctl show -P MainPID musterd
}

# went_on WHAT: fails unless a new process is the same node, and still has its agent.
went_on() {
	until_true 15 is_another || die "$1: no other process"
	wants /assignments/a ".node_id == \"node-1\" and .epoch == $epoch and .status == \"assigned\"" "$1"
	wants /nodes/node-1 '.status == "online" and .healthy' "$1"
	before=$(main_pid)
}

is_another() {
	[ "$(main_pid)" != "$before" ] && [ "$(main_pid)" != 0 ]
}

chroot_make "$(. /etc/os-release && echo "$VERSION_CODENAME")"
for revision in 1 2; do
	make --no-print-directory deb REVISION=$revision > "$work/make.log" 2>&1 || die "make deb: $(tail "$work/make.log")"
	cp "$build"/muster_*-"$revision"_*.deb "$root/tmp/muster-$revision.deb"
done
{
	inside apt-get -qq update
	inside apt-get -y -qq --no-install-recommends install systemd systemd-sysv dbus redis-server curl \
		/tmp/muster-1.deb
} > "$work/apt.log" 2>&1 || die "apt-get: $(tail "$work/apt.log")"
mv "$root/tmp/muster-2.deb" "$root/root"
boot

[ "$(on_machine systemctl is-enabled musterd)" = disabled ] || die 'it is enabled before it is told its Redis'
[ "$(on_machine systemctl is-active musterd)" = inactive ] || die 'it runs before it is told its Redis'
echo 'MUSTER_ZONE=north' >> "$root/etc/muster/musterd.env"
on_machine systemctl --quiet enable --now musterd
wants /nodes/node-1 '.status == "online" and .zone == "north" and .memory_usage > 0 and .disk_usage > 0' \
	'a member named after its machine, with its options and figures'
before=$(main_pid)
[ "$(on_machine stat -c %U "/proc/$before")" = muster ] || die 'it does not run as muster'
on_machine grep -q '^Seccomp:[[:space:]]*2$' "/proc/$before/status" ||
	die 'its system calls are not filtered'
ok 'starts when it is told to, as a member that reports its figures'

on_machine curl -fs --json '{"agent_id":"a"}' "$api/assignments" > "$work/agent" || die 'no agent can be placed'
epoch=$(jq .epoch "$work/agent")
on_machine systemctl kill --signal KILL musterd
went_on 'killed'
on_machine systemctl restart musterd
went_on 'restarted'
on_machine dpkg --install /root/muster-2.deb > "$work/dpkg.log" 2>&1 || die "upgrade: $(cat "$work/dpkg.log")"
went_on 'upgraded'
ok 'killed, restarted and upgraded, it goes on as the same node with the same agent'

on_machine systemctl stop musterd
[ "$(on_machine systemctl show -P Result musterd)" = success ] || die 'it does not stop in good order'
on_machine systemctl start musterd
wants /nodes/node-1 '.status == "online"' 'started again'
on_machine dpkg --purge muster > "$work/dpkg.log" 2>&1 || die "purge: $(cat "$work/dpkg.log")"
[ "$(on_machine systemctl show -P LoadState,ActiveState musterd | tr '\n' ' ')" = 'not-found inactive ' ] ||
	die "purged, the service is still there: $(on_machine systemctl status musterd)"
[ ! -e "$root/etc/systemd/system/multi-user.target.wants/musterd.service" ] || die 'purged, it is still enabled'
ok 'stops in good order, and is gone once it is purged'
