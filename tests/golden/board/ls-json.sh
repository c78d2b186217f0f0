# requires: python3
# Every board is there, with what each must have.
edgectl board ls --json >boards.json
python3 - <<'EOF'
import json
boards = json.load(open("boards.json"))
assert len(boards) >= 60, len(boards)
for board in boards:
    for member in ("slug", "name", "aliases", "vendor", "arch", "platform", "cpu", "memoryMiB", "peripherals", "images"):
        assert member in board, (board["slug"], member)
EOF
