mkdir -p demo/src && echo mine >demo/Dockerfile && echo mine >demo/src/service.sh
edgectl init demo --template shell -y
echo $?
find demo -type f -exec cat {} +
edgectl init demo --template shell -y --force >/dev/null && head -n 1 demo/Dockerfile
