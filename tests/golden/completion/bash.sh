# Calls the completion function as bash does.
# requires: bash
complete_words() {
    echo "== $1"
    COMP_LINE=$1 bash -c '
        compopt() { :; }
        . "$SOURCE_DIR/completion/edgectl.bash"
        COMP_POINT=${#COMP_LINE}
        _edgectl
        printf "%s\n" "${COMPREPLY[@]}" | sort'
}
touch Dockerfile.arm
complete_words 'edgectl pu'
complete_words 'edgectl build --no'
complete_words 'edgectl build --progress '
complete_words 'edgectl build --progress=p'
complete_words 'edgectl build --platform linux/arm64,linux/arm/'
complete_words 'edgectl build --file=Dock'
complete_words 'edgectl build -f Dock'
complete_words 'edgectl completion '
complete_words 'edgectl help pul'
complete_words 'edgectl boa'
complete_words 'edgectl board '
complete_words 'edgectl board show raspberrypi4'
complete_words 'edgectl board ls --q'
complete_words 'edgectl build --board raspberrypi5,jetson-tx'
complete_words 'edgectl config show store'
complete_words 'edgectl doctor ke'
