# Files of a stage, and of an image, that has no layer.
cat >Dockerfile <<'EOT'
FROM scratch AS empty
FROM scratch
COPY --from=empty . /x/
COPY --from=scratch none* /y/
COPY --from=empty --chown=daemon . /z
EOT
edgectl build -q . >/dev/null
printf 'FROM scratch AS empty\nFROM scratch\nCOPY --from=empty a /\n' >Dockerfile
edgectl build -q .
