cat >Dockerfile <<'EOF'
# About this image.
# escape=`
FROM later AS first
RUN apt-get update && \
    apt-get install -y curl \
WORKDIR /app
COPY ['a', 'b']
COPY a b # and why
ENV C = d
USER app # not root
FROM scratch AS later
EOF
edgectl build --call=check,ignorestatus=true
