"$SOURCE_DIR"/tools/check-generated "$(command -v edgectl)"
