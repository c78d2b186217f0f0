"""Succeeds when the page is served."""
import os
import urllib.request

with urllib.request.urlopen(f"http://127.0.0.1:{os.environ.get('PORT', '8080')}/", timeout=5) as answer:
    answer.read()
