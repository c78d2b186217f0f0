#!/bin/sh
# Makes the Debian package once more from the release archive in OUT: elsewhere, with another umask, time zone and language.
# usage: again.sh OUT
set -eu
out=$1
work=$out/elsewhere/with/a/longer/name
rm -rf "$out/elsewhere"
mkdir -p "$work"
tar -xf "$out"/first/*.tar.xz -C "$work" --strip-components=1
cd "$work"
umask 077
export TZ=America/Caracas LC_ALL=C HOME="$work"
unset CMAKE_C_COMPILER_LAUNCHER SOURCE_DATE_EPOCH
cmake --preset package -Wno-dev >/dev/null
cmake --build --preset package -- --quiet
cpack --preset package >/dev/null
# cpack writes its umask into the outer archive (ar), where nobody reads it; what is installed must not have it.
dpkg-deb --fsys-tarfile build/package/*.deb >files
dpkg-deb --fsys-tarfile "$out"/*.deb | cmp files -
umask 022
cpack --preset package >/dev/null
if ! cmp build/package/*.deb "$out"/*.deb; then
	for deb in "$out"/*.deb build/package/*.deb; do
		dpkg-deb --contents "$deb" >"${deb%.deb}.contents"
		dpkg-deb --field "$deb" >>"${deb%.deb}.contents"
		dpkg-deb --fsys-tarfile "$deb" | tar -xO ./usr/bin/edgectl | sha256sum >>"${deb%.deb}.contents"
	done
	diff "$out"/*.contents build/package/*.contents
	exit 1
fi
rm -rf "$out/elsewhere"
