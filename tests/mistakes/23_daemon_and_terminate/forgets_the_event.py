"""Never sets the event, and waits for the children all the same.

expect: stalled, deadlock-cycle
test: test_children_may_finish*
"""

from multiprocessing import Event, Process


class Supervisor:
    def __init__(self):
        self.event = Event()
        self.children = []

    def start(self, fn):
        child = Process(target=fn, args=(self.event,))
        child.start()
        self.children.append(child)

    def alive(self):
        return sum(child.is_alive() for child in self.children)

    def stop(self, grace):
        for child in self.children:
            child.join()
