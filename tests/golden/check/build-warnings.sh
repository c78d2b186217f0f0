printf 'FROM scratch as base\nCOPY Dockerfile /\nCMD a\n' >Dockerfile
edgectl build --progress plain --platform linux/arm64 .
