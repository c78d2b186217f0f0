# Every link from a document to a file of the repository leads somewhere, and to a heading that is there.
# requires: python3
cd "$SOURCE_DIR" || exit 1
python3 - <<'EOF'
import pathlib, re

def anchors(path):
    heads = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9_ -]", "", head.lower()).replace(" ", "-") for head in heads}

count = 0
for page in sorted([pathlib.Path("README.md"), *pathlib.Path("docs").glob("*.md"), *pathlib.Path(".").glob("*/README.md")]):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        count += 1
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        if not file.exists():
            print(f"{page}: no '{target}'")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            print(f"{page}: no heading '{target}'")
if count < 30:
    print(f"only {count} links")
EOF
