printf 'a\n[b\n' >.dockerignore
edgectl __ignore --file .dockerignore a
