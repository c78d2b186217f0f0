"""Serves the page until it is told to stop."""
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.status import read_status, to_page


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        page = to_page(read_status()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


def main():
    port = int(os.environ.get("PORT", "8080"))
    # Process 1 gets no signal that it has not asked for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopping"))
    print(f"the page is at port {port}")
    ThreadingHTTPServer(("", port), Handler).serve_forever()


if __name__ == "__main__":
    main()
