# Measured figures of the README stand in a result that the repository has.
cd "$SOURCE_DIR" || exit 1
sed -n -e '/^Medians/,/^```/p' -e '/^Live sync;/,/^```/p' README.md >"$HOME/lines"
test -s "$HOME/lines" || echo "no figures"
while IFS= read -r line; do
    grep -qxF -e "$line" bench/results.md || echo "not among the results: $line"
done <"$HOME/lines"
