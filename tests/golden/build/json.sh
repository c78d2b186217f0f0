printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
edgectl build --progress json --platform linux/arm64 .
