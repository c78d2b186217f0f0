# Stages that the target does not need are checked as well; nothing is built, and no store appears.
cat >Dockerfile <<'EOF'
FROM scratch as base
COPY $FOO Dockerfile /

FROM scratch AS Other
WORKDIR app
CMD node index.js
EOF
edgectl build --check . && exit 99
test ! -e "$EDGECTL_ROOT" || exit 98
edgectl build --call=check,ignorestatus=true . >/dev/null
