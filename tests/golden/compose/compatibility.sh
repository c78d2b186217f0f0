cat >compose.yaml <<'EOF'
name: shop
services:
  web: {build: ., links: [db]}
  db: {image: "db:1"}
EOF
edgectl compose --compatibility config --no-path-resolution
edgectl compose --compatibility config --images
