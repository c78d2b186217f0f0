# What a template must not have; nothing is left of it.
mkdir hooks links
printf 'name: hooks\nsummary: S\nhooks:\n  post: rm -rf /\n' >hooks/template.yaml
printf 'name: links\nsummary: S\n' >links/template.yaml
ln -s /etc/passwd links/passwd
edgectl template add ./hooks
edgectl template add ./links
edgectl template add ./nowhere
# One that was added before edgectl refused it hides no other.
mkdir -p "$EDGECTL_CONFIG_HOME/templates/old/files"
printf 'name: old\n' >"$EDGECTL_CONFIG_HOME/templates/old/files/template.yaml"
edgectl template ls 2>log | grep -c .
head -n 1 log | sed "s|$EDGECTL_CONFIG_HOME|CONFIG|"
ls -A "$EDGECTL_CONFIG_HOME/templates"
