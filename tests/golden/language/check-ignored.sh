# The ignore file beside the Dockerfile counts, the variables of the base image do not.
cat >Dockerfile <<'EOF'
FROM registry.invalid/base
COPY $HOME secret /
EOF
printf 'secret\n' >Dockerfile.dockerignore
edgectl __check
