printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
edgectl build -q --platform linux/arm64 -t localhost:1/app:1 . >id
edgectl push localhost:1/app:1
