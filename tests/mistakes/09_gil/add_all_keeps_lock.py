"""Releases the lock at the end only: an exception keeps it.

expect: failure
test: test_the_lock_is_free_after_add_all_has_failed
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
    for number in numbers:
        target.value += number
    target.lock.release()
