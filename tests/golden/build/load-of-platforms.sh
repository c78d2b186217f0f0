printf "FROM scratch\nCOPY . /\n" > Dockerfile
edgectl build --quiet --platform linux/arm64,linux/amd64 --load .
