printf 'FROM scratch as base\nCOPY Dockerfile /\n' >Dockerfile
edgectl build --progress json --platform linux/arm64 . 2>&1 | grep '"warning"' >&2
