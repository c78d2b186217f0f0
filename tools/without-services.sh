#!/bin/sh
# Runs a command that installs Debian packages, and sees to it that no service that was not there before is started: a
# workstation that is to run some tests shall not become a server by it. As root.
#
#   tools/without-services.sh COMMAND [ARGUMENT...]
#
# Debian's maintainer scripts ask /usr/sbin/policy-rc.d before they start or restart anything (invoke-rc.d(8)); most machines have
# none. One that is there belongs to somebody else and stays as it is; ours is there only while COMMAND runs.
set -eu
policy=/usr/sbin/policy-rc.d
mark="made by edgectl's tools/without-services.sh"

# One at a time. The kernel gives the lock back however this program ends.
exec 9<"${policy%/*}"
flock --timeout 600 9

work=$(mktemp -d)
finish() {
	status=$?
	trap '' HUP INT TERM
	# Under the lock, what has the mark is ours, or of a program that was killed.
	if grep -qsF "$mark" "$policy"; then
		rm -f "$policy"
	fi
	rm -rf "$work"
	exit "$status"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

if grep -qsF "$mark" "$policy"; then
	rm "$policy"
fi
{
	cat <<-POLICY
		#!/bin/sh
		# $mark, which takes it away again.
		# Where that program is no more, its lock is free, and everything is allowed.
		flock --nonblock ${policy%/*} true && exit 0
		unit=\${1%.*}
		grep -qxF "# was there: \${unit%@*}" "\$0" && exit 0
		echo "\$unit" >>$work/not-started
		exit 101
	POLICY
	find /lib/systemd/system /etc/systemd/system -maxdepth 1 -name '*.*' -printf '%f\n' 2>/dev/null |
		sed 's/\.[^.]*$//; s/@.*//; s/^/# was there: /' | sort -u
} >"$work/policy"
chmod 755 "$work/policy"
cp "$work/policy" "$policy.new"
# Unlike mv, ln replaces nothing.
ln "$policy.new" "$policy" 2>/dev/null || true
rm "$policy.new"

"$@" 9<&-

sort -u "$work/not-started" 2>/dev/null | while read -r service; do
	if systemctl is-enabled --quiet "$service" 2>/dev/null; then
		echo "note: '$service' was not started; the next boot does so, unless: systemctl disable $service" >&2
	fi
done
