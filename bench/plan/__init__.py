"""When what happens: cells, blocks, order, arrivals and payloads, all before the first message."""
