cat >Dockerfile <<'EOF'
FROM scratch AS b
ENTRYPIONT ["x"]
COPY --form=b /a /b
RUN --mount type=cache,target=/x true
HEALTHCHECK --interval=5 CMD x
USR app
FROM: scratch
EOF
edgectl build --check
