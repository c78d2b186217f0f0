cat >compose.yaml <<'EOF'
services:
  a: { build: ., image: "localhost:1/a:1" }
  b: { build: . }
  db: { image: postgres }
EOF
edgectl push
