printf 'FROM scratch\nENV A\nCMD ["a", 1]\n' >Dockerfile
edgectl __parse --json Dockerfile
edgectl __parse Dockerfile
