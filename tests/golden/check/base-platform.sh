# An image that the store has for another platform, when its registry has none better; what machines have in common stands once.
cat >Dockerfile <<'EOT'
FROM scratch
ENV HOMEPAGE=x
EOT
edgectl build -q --platform linux/amd64 -t localhost:1/base:1 . >/dev/null
edgectl build -q --platform linux/amd64,linux/arm64 -t localhost:1/two:1 . >/dev/null
cat >Dockerfile <<'EOT'
FROM --platform=linux/amd64 localhost:1/base:1 AS amd64
FROM localhost:1/base:1
WORKDIR a
ENV A=$HOMEPAGE
EOT
edgectl build --call=check,ignorestatus=true --platform linux/arm64,linux/arm/v7,linux/amd64 2>/dev/null
sed -i '1i # check=skip=InvalidBaseImagePlatform' Dockerfile
edgectl build --call=check,ignorestatus=true --platform linux/arm64 2>/dev/null
echo 'FROM localhost:1/two:1' >Dockerfile
edgectl build --check --platform linux/arm/v7,linux/arm64 2>/dev/null && exit 99
edgectl build --check --platform linux/arm64
