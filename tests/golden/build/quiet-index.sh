# With several platforms the id is the digest of the index, which the metadata names, too.
printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
edgectl build -q --platform linux/arm64,linux/arm/v7 --iidfile id --metadata-file metadata . >out
test "$(cat id)" = "$(cat out)" && grep -c "\"containerimage.digest\": \"$(cat id)\"" metadata
