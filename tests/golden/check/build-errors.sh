# All of them, before anything is asked of a registry.
printf 'FROM registry.invalid/base AS Base\nRNU make\nRUN --mount=type=cach,target=/c make\nCOPY a\nENV A=${B:=c}\nSTOPSIGNAL TREM\n' >Dockerfile
edgectl build --progress plain --platform linux/arm64 .
