# No line is wider than 80 columns.
for command in build push pull images "board ls" "board show" completion version help; do
    # shellcheck disable=SC2086 # "board ls" is two words
    edgectl help $command
done | awk 'length > 80'
edgectl --help | awk 'length > 80'
