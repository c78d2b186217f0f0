# requires: fish
complete_words() {
    echo "== $1"
    fish --no-config -c "source $SOURCE_DIR/completion/edgectl.fish; complete -C '$1'"
}
touch Dockerfile.arm
complete_words 'edgectl pu'
complete_words 'edgectl build --no'
complete_words 'edgectl build --progress=p'
complete_words 'edgectl build --platform linux/arm64,linux/arm/'
complete_words 'edgectl build -f Dock'
complete_words 'edgectl completion '
complete_words 'edgectl help pul'
complete_words 'edgectl boa'
complete_words 'edgectl board '
complete_words 'edgectl board show raspberrypi4'
complete_words 'edgectl board ls --q'
complete_words 'edgectl config show store'
