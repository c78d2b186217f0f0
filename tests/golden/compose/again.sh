# The output is a compose file of the same model. Options may stand on either side of the verb, as with docker compose.
cat >compose.yaml <<'EOF'
services: {a: {build: ., command: echo $$X, volumes: [v:/v]}}
volumes: {v: {}}
EOF
edgectl compose -p p config -o once.yaml
edgectl compose -f once.yaml config | cmp - once.yaml
edgectl compose config -f once.yaml --format json | grep command
