# Stages that the target does not need are checked as well; nothing is built, and no store appears.
printf 'FROM scratch as base\nCOPY $FOO Dockerfile /\n\nFROM scratch AS Other\nWORKDIR app\nCMD node index.js\n' >Dockerfile
edgectl build --check . && exit 99
test ! -e "$EDGECTL_ROOT" || exit 98
edgectl build --call=check,ignorestatus=true . >/dev/null
