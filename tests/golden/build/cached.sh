printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
edgectl build -q --platform linux/arm64 . >first
edgectl build --platform linux/arm64 .
edgectl build -q --platform linux/arm64 . | cmp - first
