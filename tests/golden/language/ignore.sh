edgectl __ignore --pattern '**/*.o' --pattern '!keep.o' src/a.o keep.o
printf '# comment\n\n /build \n! keep\n' >.dockerignore
edgectl __ignore --file .dockerignore --list
printf 'build\nbuild/x\nkeep\n' | edgectl __ignore --file .dockerignore
