#!/bin/sh
# Sees to it that the calling user may build images rootless: a range of subordinate ids in /etc/subuid and /etc/subgid, as
# Debian's adduser gives to every new user. Root needs none.
set -eu
[ "$(id -u)" -ne 0 ] || exit 0
user=$(id -un)
if grep -q "^$user:" /etc/subuid 2>/dev/null && grep -q "^$user:" /etc/subgid 2>/dev/null; then
	exit 0
fi
first=$((65536 * $(id -u)))
echo "Subordinate ids: giving $user the range $first-$((first + 65535)), by sudo usermod"
sudo usermod --add-subuids "$first-$((first + 65535))" --add-subgids "$first-$((first + 65535))" "$user"
