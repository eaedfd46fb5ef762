"""The `wire` client: the NATS client protocol in batches, so that the server is the limit.

`publish` and `consume` are the two links behind the port. Both read through `connection`, which
hands a chunk to their fast readers (`pubacks`, `deliveries`) and what is left to the exact one
(`parse`). How messages are put together and what their answers mean is the matter of `singles`,
`atomic` and `fast`.
"""
