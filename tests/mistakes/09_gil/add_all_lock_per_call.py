"""Makes a lock for each call.

expect: race
test: test_add_all_in_two*
"""

from threading import Lock

ATOMIC = {
    "x += 1": False,
    "obj.n += 1": False,
    "d['k'] += 1": False,
    "items.append(x)": True,
    "items.pop()": True,
    "d['k'] = x": True,
    "d.get('k')": True,
    "d.setdefault('k', [])": True,
    "a, b = b, a": False,
    "if k not in d: d[k] = x": False,
}


def add_all(target, numbers):
    with Lock():
        target.value += sum(numbers)
