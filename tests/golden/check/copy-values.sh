# Values of flags and sources that only a build could refuse, each in its place.
cat >Dockerfile <<'EOF'
FROM scratch
ARG M=99 N=u+q X=a:b:c
COPY --chmod=888 --chown=99999999999 Dockerfile /a
COPY --chmod=u=rwX,go=rX --chown=:5 Dockerfile /b
COPY --chmod=$M --chown=$X Dockerfile /c
ADD --chmod="$N" --chown="a b" Dockerfile /d
ADD --chmod="$NIX" --chown=$NIX Dockerfile /d
ADD --chmod= --chown= Dockerfile /d
COPY https://x.example/y git@h:x.git /e
ADD --checksum=sha256:12 https://x.example/y /f
ADD file:///a.git ssh://git@h/x.git /g
COPY --chmod=0755 --chown=5:5 Dockerfile /a
COPY --chown=root:4294967295 Dockerfile /h
EOF
edgectl build --check
