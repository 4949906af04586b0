"""Returns early, with the lock, when there is nothing to add.

expect: failure, self-deadlock
test: test_*add_all*
"""

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
    target.lock.acquire()
    if not numbers:
        return
    try:
        target.value += sum(numbers)
    finally:
        target.lock.release()
