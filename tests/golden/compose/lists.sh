cat >compose.yaml <<'EOF'
services:
  web: {build: ., depends_on: [zdb], profiles: [dev]}
  zdb: {image: "db:${TAG:-1}"}
volumes: {data: {}, other: {}}
EOF
for list in services images profiles volumes networks variables; do
    echo "-- $list"
    edgectl compose -p p --profile '*' --all-resources config --$list
done
echo "-- hash"
edgectl compose -p p config --hash zdb | sed 's/[0-9a-f]\{64\}/HASH/'
