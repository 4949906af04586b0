"""Waits for the items, the outcome and the end of the process at once, with connection.wait."""

from __future__ import annotations

from multiprocessing import connection, get_context


def _run(items_in, items_out, outcome_in, outcome_out, producer, args):
    items_in.close()
    outcome_in.close()
    try:
        producer(items_out, *args)
        outcome_out.send(None)
    except Exception as error:
        outcome_out.send(error)
    items_out.close()
    outcome_out.close()


def _receive(end, found):
    try:
        found.append(end.recv())
    except EOFError:
        end.close()
        return False
    return True


def collect(producer, *args):
    context = get_context()
    items_in, items_out = context.Pipe(duplex=False)
    outcome_in, outcome_out = context.Pipe(duplex=False)
    process = context.Process(
        target=_run, args=(items_in, items_out, outcome_in, outcome_out, producer, args)
    )
    process.start()
    items_out.close()
    outcome_out.close()
    found = {items_in: [], outcome_in: []}
    open_ends = [items_in, outcome_in]
    while open_ends:
        for end in connection.wait(open_ends):
            if not _receive(end, found[end]):
                open_ends.remove(end)
    connection.wait([process.sentinel])
    process.join()
    if not found[outcome_in]:
        raise RuntimeError("the producer was killed")
    if found[outcome_in] != [None]:
        raise found[outcome_in][0]
    return found[items_in]
