"""A strict reader of bencoding: what it takes, every client takes. Keys come in order and once, numbers have no needless zeros, nothing
follows the end."""


def read(text):
    value, rest = _value(text)
    assert rest == b"", ("something follows the end", rest)
    return value


def _value(text):
    kind = text[:1]
    if kind == b"i":
        digits, _, rest = text[1:].partition(b"e")
        assert digits == b"%d" % int(digits), digits
        return int(digits), rest
    if kind == b"l":
        return _items(text[1:])
    if kind == b"d":
        items, rest = _items(text[1:])
        keys = items[::2]
        assert len(items) % 2 == 0 and all(isinstance(key, bytes) for key in keys) and keys == sorted(set(keys)), keys
        return dict(zip(keys, items[1::2])), rest
    size, colon, rest = text.partition(b":")
    assert colon and size == b"%d" % int(size) and len(rest) >= int(size), text[:40]
    return rest[:int(size)], rest[int(size):]


def _items(text):
    items = []
    while text[:1] != b"e":
        item, text = _value(text)
        items.append(item)
    return items, text[1:]
