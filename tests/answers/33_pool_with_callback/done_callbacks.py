"""An executor whose futures call back; the end of its block waits for all callbacks."""

from concurrent.futures import ProcessPoolExecutor


class Tally:
    def __init__(self, on_page, on_error):
        self.on_page, self.on_error = on_page, on_error
        self.pages = 0
        self.first = None

    def done(self, future):
        try:
            if future.exception():
                self.on_error(future.exception())
            else:
                self.pages += 1
                self.on_page(future.result())
        except Exception as error:
            self.first = self.first or error


def fetch_all(urls, fetch, on_page, on_error):
    tally = Tally(on_page, on_error)
    with ProcessPoolExecutor(max_workers=3) as executor:
        for url in urls:
            executor.submit(fetch, url).add_done_callback(tally.done)
    if tally.first:
        raise tally.first
    return tally.pages
