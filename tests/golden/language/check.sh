printf 'FROM scratch as base\n' >Dockerfile
edgectl __check
