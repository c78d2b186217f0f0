printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
edgectl build -v nowhere:/mnt .
