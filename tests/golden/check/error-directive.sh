printf '# check=error=true;skip=StageNameCasing\nFROM scratch AS Base\nCMD a\n' >Dockerfile
edgectl build --check
edgectl build --progress plain
