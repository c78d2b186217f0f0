// Serves the page until it is told to stop.
import { createServer } from "node:http";

import { readStatus, toPage } from "./status.js";

const port = Number(process.env.PORT ?? 8080);

const server = createServer(async (_request, response) => {
  try {
    const page = toPage(await readStatus());
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(page);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
});

// Process 1 gets no signal that it has not asked for.
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    console.log("stopping");
    server.close();
    server.closeAllConnections();
  });
}

server.listen(port, () => console.log(`the page is at port ${port}`));
