# requires: python3
# An alias, and the platform that it stands for; DOCKER_DEFAULT_PLATFORM does not add another.
echo 'FROM scratch' >Dockerfile
echo 'COPY Dockerfile /' >>Dockerfile
export DOCKER_DEFAULT_PLATFORM=linux/amd64
edgectl build --quiet --board rpi2 --platform linux/arm/v7 -t app:1 . >/dev/null
edgectl build --quiet --board rpi2,rpi4 -t app:2 . >/dev/null
edgectl build --quiet -t app:3 . >/dev/null
edgectl images --json >images.json
python3 -c 'import json; [print(x["name"], *x["platforms"]) for x in json.load(open("images.json"))]'
