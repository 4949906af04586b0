"""A Process subclass; names come through one pipe whose write end is shared under a lock, until its end."""

from __future__ import annotations

import multiprocessing


class Car(multiprocessing.Process):
    def __init__(self, plate, light, ends, turn):
        super().__init__()
        self.plate, self.light, self.ends, self.turn = plate, light, ends, turn

    def run(self):
        receiver, sender = self.ends
        receiver.close()
        while not self.light.is_set():
            self.light.wait()
        with self.turn:
            sender.send(self.plate)
        sender.close()


def drive(cars, light):
    receiver, sender = multiprocessing.Pipe(duplex=False)
    turn = multiprocessing.Lock()
    team = [Car(plate, light, (receiver, sender), turn) for plate in cars]
    for car in team:
        car.start()
    sender.close()
    names = []
    with receiver:
        try:
            while True:
                names.append(receiver.recv())
        except EOFError:
            pass
    for car in team:
        car.join()
        car.close()
    return names
