# The versions are those of the packages that dpkg knows; where edgectl can say more than a line, it is one JSON object.
# requires: dpkg-query python3
edgectl version --json >versions.json
for pair in libcurl:libcurl4 libarchive:libarchive13 libgit2:libgit2-1.5 openssl:libssl3 libyaml:libyaml-0-2 sqlite:libsqlite3-0 \
    zstd:libzstd1 libdeflate:libdeflate0 jansson:libjansson4 utf8proc:libutf8proc2 libseccomp:libseccomp2 libcap:libcap2 \
    nghttp2:libnghttp2-14 libc:libc6; do
    echo "${pair%%:*} $(dpkg-query -W -f '${Version}' "${pair#*:}")"
done >packages
python3 - <<'EOF'
import json, re, subprocess
said = json.load(open("versions.json"))
for line in open("packages"):
    name, version = line.split()
    upstream = re.sub(r"^[0-9]+:", "", version)
    if not re.match(re.escape(said["libraries"].pop(name)) + r"(?![0-9])", upstream):
        print(f"{name}: not {version}")
print("others:", *said["libraries"])
assert said["kernel"] == subprocess.check_output(["uname", "-r"], text=True).strip()
assert "edgectl " + said["edgectl"] == subprocess.check_output(["edgectl", "--version"], text=True).strip()
arm = said["emulation"].get("linux/arm64", {})
if "qemu" in arm:
    assert f" {arm['version']} " in subprocess.check_output([arm["qemu"], "--version"], text=True)
EOF
