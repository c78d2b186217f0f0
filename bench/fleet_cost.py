#!/usr/bin/python3
"""What a fleet's releases cost its registry: requests, bandwidth, storage and money, with and without layer reuse.

    bench/fleet_cost.py [--boards N] [--changes N] [--dependency-updates N] [--base-updates N] [--kept N] [--platforms N]
                        [--egress-price P] [--storage-price P] [--request-price P] [--pull-seconds S] [--check DOCUMENT]

Sizes of layers are those of bench/fleet_sizes.json, which tests/e2e/test_fleet_scale.py measures on a real pair of releases.
Prices are per GB sent, per GB and month kept, and per million requests. --check compares what would be printed with the
part of a document between the lines "<!-- fleet_cost.py -->" and "<!-- end -->".
"""
import argparse
import json
import pathlib
import sys

SIZES = json.loads(pathlib.Path(__file__).with_name("fleet_sizes.json").read_text())
GB = 1e9
HOUR = 3600


def layers_of(change):
    """Sizes of the layers that a board downloads: that which changed, and those above it."""
    order = ["base", "dependencies", "app"]
    return [SIZES[name] for name in order[order.index(change):]]


def whole():
    return layers_of("base")


def requests_of(layers):
    """Of one image's pull: index, manifest and config, what the engine asks besides, and a request for each layer."""
    return SIZES["requests_per_pull"] + len(layers)


def size_text(size):
    for unit, factor in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size:.0f} B"


def rate_text(bits):
    for unit, factor in (("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3)):
        if bits >= factor:
            return f"{bits / factor:.1f} {unit}"
    return f"{bits:.0f} bit/s"


def time_text(seconds):
    return f"{seconds / HOUR:.0f} h" if seconds >= 2 * HOUR else f"{seconds / 60:.0f} min"


def table(head, rows):
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---", *["---:"] * (len(head) - 1)], *rows)]
    return "\n".join(lines)


CHANGES = {"app": "one file of the application", "dependencies": "the dependencies", "base": "the base image"}


def per_release(args):
    rows = []
    for change, words in CHANGES.items():
        layers = layers_of(change)
        rows.append([words, size_text(sum(layers)), size_text(sum(layers) * args.boards), f"{requests_of(layers) * args.boards:,}",
                     f"{sum(layers) * args.boards / GB * args.egress_price:,.0f}"])
    rows.append(["anything, without layer reuse", size_text(sum(whole())), size_text(sum(whole()) * args.boards),
                 f"{requests_of(whole()) * args.boards:,}", f"{sum(whole()) * args.boards / GB * args.egress_price:,.0f}"])
    return table(["what changed", "a board downloads", f"{args.boards:,} boards", "requests", "price of sending"], rows)


def load(args):
    """Requests and bandwidth while a release goes out, by how fast boards begin to pull it."""
    plans = [("all within a minute", args.boards / 60), ("spread over an hour", args.boards / HOUR),
             ("spread over a day", args.boards / HOUR / 24), ("`rollout --parallel 50`", 50 / args.pull_seconds),
             ("`rollout --parallel 256`", 256 / args.pull_seconds)]
    rows = []
    for words, boards in plans:
        row = [words, time_text(args.boards / boards)]
        for change in ("app", "base"):
            layers = layers_of(change)
            row += [f"{boards * requests_of(layers):,.0f}/s", rate_text(boards * sum(layers) * 8)]
        rows.append(row)
    return table(["plan", "takes", "requests, application", "bandwidth, application", "requests, base", "bandwidth, base"], rows)


def month(args):
    counts = {"app": args.changes, "dependencies": args.dependency_updates, "base": args.base_updates}
    releases = sum(counts.values())
    sums = {
        "with layer reuse": (sum(n * sum(layers_of(x)) for x, n in counts.items()), sum(n * requests_of(layers_of(x)) for x, n in counts.items())),
        "without": (releases * sum(whole()), releases * requests_of(whole())),
    }
    # what is kept: each layer once, for each platform; without reuse each image by itself
    share = args.kept / releases
    kept = {"with layer reuse": share * sum(n * SIZES[x] for x, n in counts.items()) * args.platforms + sum(whole()) * args.platforms,
            "without": args.kept * sum(whole()) * args.platforms}
    rows = []
    for words, (size, requests) in sums.items():
        prices = [size * args.boards / GB * args.egress_price, kept[words] / GB * args.storage_price,
                  requests * args.boards / 1e6 * args.request_price]
        rows.append([words, size_text(size), size_text(size * args.boards), f"{requests * args.boards / 1e6:.1f} M", size_text(kept[words]),
                     *(f"{x:,.2f}" if x < 100 else f"{x:,.0f}" for x in [*prices, sum(prices)])])
    return table(["a month", "a board downloads", "sent", "requests", "kept", "sending", "keeping", "requests cost", "together"], rows)


def report(args):
    image = ", ".join(f"{name} {size_text(SIZES[name])}" for name in ("base", "dependencies", "app"))
    return f"""Compressed layers of the measured image, for {SIZES['platform']}: {image}. {args.boards:,} boards.
Prices: {args.egress_price} per GB sent, {args.storage_price} per GB and month kept, {args.request_price} per million requests.

One release:

{per_release(args)}

While it goes out (a board in a rollout takes {args.pull_seconds} s):

{load(args)}

A month of {args.changes} changes of the application, {args.dependency_updates} of the dependencies and {args.base_updates} of the base image; \
{args.kept} releases kept for {args.platforms} platforms:

{month(args)}"""


def check(document, text):
    there = pathlib.Path(document).read_text().partition("<!-- fleet_cost.py -->\n")[2].partition("\n<!-- end -->")[0]
    if there.strip() != text.strip():
        sys.exit(f"{document}: its figures are not those of bench/fleet_cost.py, which are:\n\n{text}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("boards", 100000), ("changes", 8), ("dependency-updates", 2), ("base-updates", 1), ("kept", 50), ("platforms", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    for name, value in (("egress-price", 0.09), ("storage-price", 0.10), ("request-price", 0.40), ("pull-seconds", 30.0)):
        parser.add_argument(f"--{name}", type=float, default=value)
    parser.add_argument("--check", metavar="DOCUMENT")
    args = parser.parse_args()
    if args.check:
        check(args.check, report(args))
    else:
        print(report(args))


if __name__ == "__main__":
    main()
