printf 'ARG A=b\n' >Dockerfile
edgectl build --check
