printf 'FROM scratch AS base\nCOPY Dockerfile /\n' >Dockerfile
edgectl build --platform linux/arm64 --target bsae .
