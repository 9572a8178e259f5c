"""How the files of tests beside this end: each test gets the one site of daemons that they share; `FILE PROGRAM [TEST]`."""

import sys, time, traceback


def run(make_site, tests, arguments, before=lambda site: None, **settings):
    site, failed = make_site(arguments[0], **settings), 0
    for test in tests:
        if test.__name__ not in (arguments[1:] or [test.__name__]):
            continue
        began, name = time.monotonic(), test.__name__.replace("_", " ")
        try:
            before(site)
            test(site)
            print(f"ok   {name} ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)
    site.end(not failed)
    sys.exit(failed > 0)
