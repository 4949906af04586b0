"""Believes that nobody can come between looking and setting.

expect: race
test: test_setting_a_missing*
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
    "if k not in d: d[k] = x": True,
}


def add_all(target, numbers):
    with target.lock:
        for number in numbers:
            target.value += number
