printf 'FROM localhost:1/base:1\nCOPY Dockerfile /\n' >Dockerfile
edgectl build --platform linux/arm64 .
