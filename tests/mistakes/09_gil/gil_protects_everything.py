"""Believes that the GIL protects every line, "+=" above all, and adds without the lock.

expect: race
test: test_adding_to_a_global_is_one_step_if_you_say_so
"""

ATOMIC = {
    "x += 1": True,
    "obj.n += 1": True,
    "d['k'] += 1": True,
    "items.append(x)": True,
    "items.pop()": True,
    "d['k'] = x": True,
    "d.get('k')": True,
    "d.setdefault('k', [])": True,
    "a, b = b, a": True,
    "if k not in d: d[k] = x": True,
}


def add_all(target, numbers):
    for number in numbers:
        target.value += number
