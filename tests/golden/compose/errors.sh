cat >compose.yaml <<'EOF'
services:
  web:
    imagee: nginx
    ports: ["80:http"]
EOF
edgectl compose config
