# Copies by name: of a directory, of a repository at a branch; they serve when their sources have gone.
# requires: git
printf 'leak:libpcre2-8.so\nleak:pcre2_match\n' >leaks
export LSAN_OPTIONS="suppressions=$PWD/leaks:print_suppressions=0"
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
mkdir -p plain repository/templates/one
printf 'name: plain\nsummary: Plain\n' >plain/template.yaml
echo 'plain {{ name }}' >plain/file
printf '#!/bin/sh\n' >'plain/{{ name }}.sh'
printf 'name: one\nsummary: One\n' >repository/templates/one/template.yaml
echo 'first {{ name }}' >repository/templates/one/file
git -C repository init -q -b main . && git -C repository add . && git -C repository commit -q -m 1
here() { sed "s|$PWD|HERE|; s/commit [0-9a-f]\{12\}/commit X/"; }

edgectl template add ./plain 2>&1 | here
edgectl template add "file://$PWD/repository#main:templates/one" --name first 2>&1 | here
echo "-- again"
edgectl template add ./plain 2>&1 | here
edgectl template add ./plain --name shell 2>&1
edgectl template add ./plain --name ../up 2>&1
edgectl template add plain 2>&1
echo "-- nothing new"
edgectl template update
echo "-- changes"
echo 'more {{ name }}' >plain/file
echo 'second {{ name }}' >repository/templates/one/file && git -C repository commit -q -a -m 2
edgectl init before --template first -y >/dev/null && cat before/file
edgectl template update | here
echo "-- the sources have gone"
mv plain gone && mv repository gone
edgectl template update 2>&1 | grep -c "^error: template"
edgectl init after --template first -y >/dev/null && cat after/file
edgectl init after2 --template plain -y >/dev/null && cat after2/file && test -x after2/after2.sh && echo executable
edgectl template ls | grep -e plain -e first | here
edgectl template show first | grep -e From -e Commit | sed "s|$PWD|HERE|; s/[0-9a-f]\{40\}/X/"
echo "-- removed"
edgectl __complete kept-template ""
edgectl template rm plain firsd 2>&1
edgectl __complete kept-template ""
edgectl init none --template plain 2>&1
find "$EDGECTL_CONFIG_HOME" -name '.new*'
