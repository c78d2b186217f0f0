# What the help texts show as examples is accepted: --help at the end is reached only if all words before it are right.
for command in build push pull images init "template ls" "template show" "board ls" "board show" completion version help; do
    # shellcheck disable=SC2086 # "board ls" is two words
    edgectl help $command | sed -n 's/^    \(edgectl .*\)/\1/p'
done >examples
test -s examples
while read -r example; do
    sh -c "${example%%>*} --help" >/dev/null || echo "not accepted: $example"
done <examples
