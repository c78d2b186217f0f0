// How the board does.
import { readFile } from "node:fs/promises";

export async function readStatus(proc = "/proc") {
  const [uptime, loadavg, meminfo] = await Promise.all(
    ["uptime", "loadavg", "meminfo"].map((name) => readFile(`${proc}/${name}`, "utf8")),
  );
  const available = /^MemAvailable:\s+(\d+)/m.exec(meminfo);
  if (!available) throw new Error("meminfo has no MemAvailable");
  return {
    uptime: Number.parseFloat(uptime),
    load: Number.parseFloat(loadavg),
    availableMiB: Math.floor(Number(available[1]) / 1024),
  };
}

export function toPage({ uptime, load, availableMiB }) {
  return (
    '<!doctype html><meta http-equiv="refresh" content="5"><title>Board</title>\n' +
    `<h1>up ${uptime.toFixed(0)} s</h1>\n` +
    `<p>load ${load.toFixed(2)}, ${availableMiB} MiB of memory left</p>\n`
  );
}
