printf 'FROM scratch\nCPOY a /b\n' >Dockerfile
edgectl build --platform linux/arm64 .
