printf 'FROM scratch\nCOPY . /\n' >Dockerfile
edgectl build --check
