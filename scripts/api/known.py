"""Prints schemathesis.toml with what a running server knows: ids that exist, so that requests reach what is behind them.

usage: known.py <address> <key>
"""

import json
import pathlib
import sys
import urllib.request

address, key = sys.argv[1:]


def get(path):
    request = urllib.request.Request(address + path, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def items(path):
    return get(path)["items"]


def column(rows, name):
    return sorted({row[name] for row in rows if row.get(name)})


orders = [get(f"/v1/orders/{order['id']}") for order in items("/v1/orders?limit=100")]
stock = items("/v1/stock?limit=100")
known = {
    "orders": column(orders, "id"),
    "external": column(orders, "external_id"),
    "channels": column(orders, "channel"),
    "holds": sorted({hold["code"] for order in orders for hold in order["holds"]}),
    "fulfilments": sorted({one["id"] for order in orders for one in order["fulfilments"]}),
    "parties": sorted({order["buyer"]["id"] for order in orders if order["buyer"]}),
    "documents": column(items("/v1/documents?limit=100"), "document"),
    "deliveries": column(items("/v1/deliveries?limit=100"), "id"),
    "replenishments": column(items("/v1/replenishments?limit=100"), "id"),
    "warehouses": column(stock, "warehouse"),
    "skus": column(stock, "sku"),
    "carriers": column(items("/v1/master/carriers"), "code"),
    "keys": [code for kind in ("carriers", "customers", "warehouses") for code in column(items(f"/v1/master/{kind}"), "code")],
}
known["keys"] += known["skus"]

# Path of the operations, parameter, where its values are.
BOUND = [
    ("^/v1/orders/", "path.id", "orders"),
    ("/resolve$", "path.code", "holds"),
    ("^/v1/orders$", "query.channel", "channels"),
    ("^/v1/orders$", "query.external_id", "external"),
    ("^/v1/fulfilments/", "path.id", "fulfilments"),
    ("^/v1/fulfilments/", "body.carrier", "carriers"),
    ("^/v1/parties/", "path.id", "parties"),
    ("^/v1/documents/", "path.document", "documents"),
    ("^/v1/deliveries/", "path.id", "deliveries"),
    ("^/v1/replenishments/", "path.id", "replenishments"),
    ("^/v1/stock/[{]", "path.warehouse", "warehouses"),
    ("^/v1/stock/[{]", "path.sku", "skus"),
    ("^/v1/stock/goods-in$", "body.[*].sku", "skus"),
    ("^/v1/stock/goods-in$", "body.[*].warehouse", "warehouses"),
    ("^/v1/quotes$", "body.channel", "channels"),
    ("^/v1/quotes$", "body.lines[*].sku", "skus"),
    ("^/v1/carriers/", "path.carrier", "carriers"),
    ("^/v1/channels/", "path.channel", "channels"),
    ("^/v1/master/", "path.key", "keys"),
]

print((pathlib.Path(__file__).parent / "schemathesis.toml").read_text())
for name, values in known.items():
    if values:
        print(f"[dictionaries.{name}]\nvalues = {json.dumps(values, ensure_ascii=False)}\n")
bound = {}
for path, parameter, name in BOUND:
    if known[name]:
        bound.setdefault(path, []).append(f'"{parameter}" = {{ dictionary = "{name}", probability = 0.8 }}')
for path, parameters in bound.items():
    print("[[operations]]\ninclude-path-regex = " + json.dumps(path) + "\n[operations.parameters]\n" + "\n".join(parameters) + "\n")
