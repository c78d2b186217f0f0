import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { readStatus, toPage } from "../src/status.js";

async function withProc(meminfo, check) {
  const proc = await mkdtemp(join(tmpdir(), "proc-"));
  try {
    await writeFile(join(proc, "uptime"), "3600.42 7000.00\n");
    await writeFile(join(proc, "loadavg"), "0.25 0.10 0.05 1/99 1234\n");
    await writeFile(join(proc, "meminfo"), meminfo);
    await check(proc);
  } finally {
    await rm(proc, { recursive: true });
  }
}

test("the page says how the board does", () =>
  withProc("MemTotal: 1024000 kB\nMemAvailable:   524288 kB\n", async (proc) => {
    const page = toPage(await readStatus(proc));
    assert.match(page, /up 3600 s/);
    assert.match(page, /load 0\.25, 512 MiB of memory left/);
  }));

test("an old kernel is an error", () =>
  withProc("MemTotal: 1024000 kB\n", (proc) => assert.rejects(readStatus(proc), /MemAvailable/)));
