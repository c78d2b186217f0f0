cat >compose.yaml <<'EOF'
version: "3"
services:
  a:
    image: i:${TAG}
EOF
edgectl compose config --images
