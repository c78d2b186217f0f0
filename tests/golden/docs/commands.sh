# Every command that a document shows, and every option in it, is there.
# requires: python3
cd "$SOURCE_DIR" || exit 1
find README.md docs packaging bench examples tests/README.md templates/projects -name '*.md' | LC_ALL=C sort |
    xargs python3 -B tests/golden/docs/check-commands edgectl
