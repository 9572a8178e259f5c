"""Several things at the same time."""

import threading


def at_once(jobs):
    """Runs all in threads of their own and raises what one raised."""
    wrong = []

    def run(job):
        try:
            job()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]
