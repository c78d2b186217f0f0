mkdir t
printf 'name: t\nsummary: T\n' >t/template.yaml
printf 'one\n{{ bord }} {{#if name}}\n' >t/file
edgectl init demo --template ./t -y
echo $?
ls
