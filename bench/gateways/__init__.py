"""One file per gateway: ORDER, its place in the tables, and GATEWAYS, what it declares (rulers.Gateway)."""
