"""Believes that adding to an item of a dict is one step.

expect: race
test: test_adding_to_a_dict_item*
"""

ATOMIC = {
    "x += 1": False,
    "obj.n += 1": False,
    "d['k'] += 1": True,
    "items.append(x)": True,
    "items.pop()": True,
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
