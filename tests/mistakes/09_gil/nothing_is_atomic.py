"""Answers False to everything, to be on the safe side.

expect: failure
test: test_what_no_order*
"""

ATOMIC = {
    "x += 1": False,
    "obj.n += 1": False,
    "d['k'] += 1": False,
    "items.append(x)": False,
    "items.pop()": False,
    "d['k'] = x": False,
    "d.get('k')": False,
    "d.setdefault('k', [])": False,
    "a, b = b, a": False,
    "if k not in d: d[k] = x": False,
}


def add_all(target, numbers):
    with target.lock:
        for number in numbers:
            target.value += number
