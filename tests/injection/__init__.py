"""Fault injection: any operation, stopped at any place by any real fault, judged by one checker.

    before = look_at(site)
    outcome = inject(site, Restore(site.deployment, "latest"), Fault("enospc", "tick:stage"))
    assert outcome.code == 12
    assert assert_whole(site, before) == "old"

`Fault` says what and where (`tests.injection.fault`, `tests.injection.places`), `inject` makes it
happen in the operation's own process and resumes what was cut, `assert_whole` states what must be
true of every operation after every fault. A new operation joins with one `Case`
(`tests.injection.cases`) and is then met by every fault at each of its steps. Nothing is
imported here: the process that meets the fault loads this package too, and should start quickly.
"""
