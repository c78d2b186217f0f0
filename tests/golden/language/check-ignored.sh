# The ignore file beside the Dockerfile counts, the variables of the base image do not.
printf 'FROM registry.invalid/base\nCOPY $HOME secret /\n' >Dockerfile
printf 'secret\n' >Dockerfile.dockerignore
edgectl __check
