cat >Dockerfile <<'EOF'
FROM scratch AS a
COPY --from=b /x /y
COPY --from=a /x /y
COPY --from=7 /x /y
COPY --from=$X /x /y
FROM scratch AS b
FROM Debian:12
FROM B
FROM https://docker.io/library/debian
FROM balenalib/%%BALENA_MACHINE_NAME%%-debian
EOF
edgectl build --check
