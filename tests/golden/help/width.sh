# No line is wider than 80 columns.
for command in build push pull images completion version help; do
    edgectl help "$command"
done | awk 'length > 80'
edgectl --help | awk 'length > 80'
