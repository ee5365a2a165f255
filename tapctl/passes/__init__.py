"""The pass itself: issued, handed over once, followed to a permanent method, deleted.

roster, people, applicants     who is to get one
rules, doors, checks           whether they may; `examine`: everybody, before anybody gets one
issuing                        a run: each pass asked for once, and recorded before the next step, so that
                               it can go on
delivery, secret, handout      the passcode to its one place, and what a new hire is told
list, status, revoke, sweep    the passes that there are; `deleting`: those that go
who, everybody                 whose passes are asked about
holdings, methods, trail       what the tenant tells of them; `progress`: and what it means; `seen`: kept
written, and each `_report`    sheets for people, JSON for programs
"""
