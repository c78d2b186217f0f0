mkdir demo && printf 'FROM scratch\n' >demo/Dockerfile
edgectl init demo --from-existing --board beagleplay
cat demo/compose.yaml
edgectl init demo --from-existing --board beagleplay
mkdir other && cp demo/Dockerfile other && echo "services: {}" >other/docker-compose.yml
edgectl init other --from-existing | head -n 2
edgectl init none --from-existing
