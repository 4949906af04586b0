"""Believes that items.pop() can lose something.

expect: failure
test: test_what_no_order*
"""

ATOMIC = {
    "x += 1": False,
    "obj.n += 1": False,
    "d['k'] += 1": False,
    "items.append(x)": True,
    "items.pop()": False,
    "d['k'] = x": True,
    "d.get('k')": True,
    "d.setdefault('k', [])": True,
    "a, b = b, a": False,
    "if k not in d: d[k] = x": False,
}


def add_all(target, numbers):
    with target.lock:
        for number in numbers:
            target.value += number
