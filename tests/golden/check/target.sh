printf 'FROM scratch AS one\nCMD a\nFROM scratch AS two\nCMD b\n' >Dockerfile
edgectl __check --target one --reachable
edgectl build --check --target nine
