// livepush as its users have it: a watcher of the context, then the library. live_peer.js SOCKET CONTAINER CONTEXT DEBOUNCE_MS
const path = require('path');
const fs = require('fs');
const [socket, container, context, debounce] = process.argv.slice(2);
const found = (name) => require(require.resolve(name, { paths: [process.cwd()] }));
const chokidar = found('chokidar');
const Docker = found('dockerode');
const { Livepush } = found('livepush');

async function main() {
  const livepush = await Livepush.init({
    dockerfileContent: fs.readFileSync(path.join(context, 'Dockerfile')),
    context, containerId: container, stageImages: [], docker: new Docker({ socketPath: socket }),
  });
  let updated = new Set(), deleted = new Set(), timer = null, running = false;

  async function push() {
    if (running) { timer = setTimeout(push, Number(debounce)); return; }
    running = true;
    const [u, d] = [[...updated], [...deleted]];
    updated = new Set(); deleted = new Set();
    try { await livepush.performLivepush(u, d); } catch (e) { console.log('error', e.message); }
    running = false;
  }
  function soon(set, other, file) {
    set.add(file); other.delete(file);
    clearTimeout(timer);
    timer = setTimeout(push, Number(debounce));
  }
  chokidar.watch('.', { cwd: context, ignoreInitial: true, followSymlinks: true })
    .on('add', (f) => soon(updated, deleted, f)).on('change', (f) => soon(updated, deleted, f))
    .on('unlink', (f) => soon(deleted, updated, f)).on('ready', () => console.log('ready'));
}
main();
