# requires: bash zsh fish
bash -n "$SOURCE_DIR/completion/edgectl.bash"
zsh -n "$SOURCE_DIR/completion/_edgectl"
fish -n "$SOURCE_DIR/completion/edgectl.fish"
