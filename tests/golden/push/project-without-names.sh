cat >compose.yaml <<'EOF'
services:
  b: { build: . }
  db: { image: postgres }
EOF
edgectl push
