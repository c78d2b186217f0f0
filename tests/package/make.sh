#!/bin/sh
# Makes the release archive of what is committed or at least tracked, twice, and from it the Debian package.
# usage: make.sh SOURCE OUT
set -eu
source=$1 out=$2
rm -rf "$out"
mkdir -p "$out/first" "$out/second"

# What is changed but not committed belongs to it, as a commit that no branch has.
cd "$source"
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@localhost
commit=$(git stash create)
commit=${commit:-$(git rev-parse HEAD)}
tools/release-tarball "$out/first" "$commit" >/dev/null

# Another directory, another user's habits, another time.
git clone --quiet --no-checkout "$source" "$out/clone"
cd "$out/clone"
git fetch --quiet "$source" "$commit" 2>/dev/null || git fetch --quiet "$source" HEAD
git -c core.hooksPath=/dev/null checkout --quiet "$commit"
git config tar.umask 0077
git config core.autocrlf true
(umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 XZ_DEFAULTS=--threads=4 tools/release-tarball "$out/second" "$commit" >/dev/null)
cmp "$out"/first/*.tar.xz "$out"/second/*.tar.xz
rm -rf "$out/clone" "$out/second"

mkdir "$out/build"
tar -xf "$out"/first/*.tar.xz -C "$out/build" --strip-components=1
cd "$out/build"
cmake --preset package -Wno-dev >/dev/null
cmake --build --preset package -- --quiet
cpack --preset package >/dev/null
mv build/package/*.deb "$out/"
rm -rf "$out/build"
ls "$out"/first/*.tar.xz "$out"/*.deb
