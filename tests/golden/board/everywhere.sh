# For its platform, where an image is chosen and not made.
printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
edgectl build --quiet --board raspberrypi4-64,raspberry-pi2 --tag app:1 . >/dev/null
edgectl inspect --board raspberry-pi2 --config app:1 | grep -o '"variant":"v7"'
edgectl save --quiet --board raspberrypi4-64 --output app.tar app:1
edgectl inspect docker-archive:app.tar | grep linux/
edgectl copy --quiet --board raspberry-pi2 store:app:1 oci:layout:app >/dev/null
edgectl inspect oci:layout:app | grep linux/
edgectl device add --board raspberry-pi2 bench 10.0.0.7
edgectl device ls --json | grep '"platform"'
