# What is written to a closed standard error must not end up in a file of the store.
printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
edgectl build --platform linux/arm64 -t app:1 . 2>&-
edgectl images -q | wc -l
grep -rl 'exporting to image' "$EDGECTL_ROOT"
test $? -eq 1
