printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
edgectl build --platform linux/arm64 -t lab:5000/app:1 .
edgectl images
