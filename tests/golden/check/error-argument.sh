# The build argument replaces the directive of the file.
printf '# check=skip=all\nFROM scratch as base\nCOPY Dockerfile /\n' >Dockerfile
edgectl build --check --build-arg 'BUILDKIT_DOCKERFILE_CHECK=skip=StageNameCasing;error=true'
