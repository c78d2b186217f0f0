mkdir demo && printf 'FROM scratch\n' >demo/Dockerfile
edgectl init demo --from-existing --board beagleplay
cat demo/compose.yaml
edgectl init demo --from-existing --board beagleplay
mkdir web && cat >web/Dockerfile <<'EOF'
FROM scratch AS a
EXPOSE 1
FROM a
ARG P=2
EXPOSE 8080 53/udp $P
CMD ["/x"]
EOF
edgectl init web --from-existing --board beagleplay >/dev/null
grep ports: web/compose.yaml
mkdir other && cp demo/Dockerfile other && echo "services: {}" >other/docker-compose.yml
edgectl init other --from-existing | head -n 2
edgectl init none --from-existing
