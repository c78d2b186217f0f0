cat >Dockerfile <<'EOF'
ARG DEBIAN_VERSION=12
FROM scratch AS builder
ARG APP_VERSION=1
WORKDIR /opt/${APP_VERSIN}
FROM scratch
COPY --from=bulider /a /b
EOF
edgectl build --check
