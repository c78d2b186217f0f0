# requires: git
# From a repository at a tag and in a directory of it; then, with the repository gone, from the copy.
# What libgit2 leaks of PCRE2's is not ours: tests/unit/context/git_leaks.h.
printf 'leak:libpcre2-8.so\nleak:pcre2_match\n' >leaks
export LSAN_OPTIONS="suppressions=$PWD/leaks:print_suppressions=0"
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
mkdir -p repository/templates/one && cd repository || exit 1
printf 'name: one\nsummary: One\n' >templates/one/template.yaml
echo 'first {{ name }}' >templates/one/file
git init -q -b main . && git add . && git commit -q -m 1 && git tag v1
echo 'second {{ name }}' >templates/one/file && git commit -q -a -m 2
mkdir .git/hooks -p && printf '#!/bin/sh\ntouch %s/hook-ran\n' "$PWD" | tee .git/hooks/post-checkout >.git/hooks/post-merge
cd ..
url="file://$PWD/repository"
edgectl init a --template "$url#v1:templates/one" -y >/dev/null 2>&1 && cat a/file
edgectl init b --template "$url#main:templates/one" -y >/dev/null 2>&1 && cat b/file
edgectl init c --template "$url#v1:templates/two" -y >/dev/null 2>log || grep -o "there is no directory 'templates/two' in it" log | head -n 1
edgectl init c --template "$url#v3:templates/one" -y >/dev/null 2>log || grep -o "there is no branch or tag 'v3'" log | head -n 1
mv repository moved
edgectl init c --template "$url#v1:templates/one" -y 2>log >/dev/null && cat c/file
grep -o "using the copy of commit .* that is kept here" log | sed 's/commit [0-9a-f]*/commit X/'
edgectl init d --template "$url#v1" -y >/dev/null 2>&1 || echo "no copy of that"
find . -name hook-ran
