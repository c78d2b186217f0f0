# Line ends and a byte order mark of Windows are fine; UTF-16 is not.
printf '\357\273\277FROM scratch\r\nCOPY Dockerfile \\\r\n  /\r\n' >Dockerfile
edgectl build --check
printf '\377\376F\0R\0O\0M\0' >Dockerfile
edgectl build --check
