cat >compose.yaml <<'EOF'
name: shop
services:
  web:
    build: .
    ports: ["8080:80"]
    depends_on: [db]
  db:
    image: db:${TAG:-1}
    environment: {PASSWORD: "a$$b"}
EOF
edgectl compose config --no-path-resolution
