"""Uses a lock of its own instead of the target's: others who use the target's are not kept out.

expect: race
test: test_add_all_gets_on*
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
mine = Lock()


def add_all(target, numbers):
    with mine:
        target.value += sum(numbers)
