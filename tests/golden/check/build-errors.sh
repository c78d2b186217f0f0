# All of them, before anything is asked of a registry.
cat >Dockerfile <<'EOF'
FROM registry.invalid/base AS Base
RNU make
RUN --mount=type=cach,target=/c make
COPY a
ENV A=${B:=c}
STOPSIGNAL TREM
EOF
edgectl build --progress plain --platform linux/arm64 .
