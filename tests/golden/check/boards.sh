# Boards with Dockerfiles of their own: each is checked.
echo 'FROM scratch AS A' >Dockerfile.raspberrypi3
echo 'FROM scratch AS B' >Dockerfile.aarch64
edgectl build --call=check,ignorestatus=true --board raspberrypi3,jetson-nano
edgectl build --call=check,format=json,ignorestatus=true --board raspberrypi3,jetson-nano
