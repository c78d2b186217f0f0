# What the help texts show as examples is accepted: --help at the end is reached only if all words before it are right.
for command in build push pull images completion version help; do
    edgectl help "$command" | sed -n 's/^    \(edgectl .*\)/\1/p'
done >examples
test -s examples
while read -r example; do
    sh -c "${example%%>*} --help" >/dev/null || echo "not accepted: $example"
done <examples
