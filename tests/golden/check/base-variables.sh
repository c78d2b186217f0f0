# Variables of a base image that the store has; a registry is not asked.
cat >Dockerfile <<'EOF'
FROM scratch
ENV HOMEPAGE=x
EOF
edgectl build -q -t lab:5000/base:1 . >/dev/null
cat >Dockerfile <<'EOF'
FROM lab:5000/base:1
ENV A=$HOMEPAGE B="${HOMEPAGE:?is missing}" C=$HOMEPAG
EOF
edgectl build --check
edgectl build -q . >/dev/null
