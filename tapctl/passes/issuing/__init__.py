"""A worklist → passes, each asked for once, handed over once, and noted before the next step.

issue                          everybody's turn: look, make, hand over
worklist                       who is to get a pass and how far each of them is
step, making                   what comes next for one person, and one pass
noting                         a run under way, and every note of it
journal, journal_lines         the record, line by line, before the next step; `room`: on the disk, for more
runs, claims                   the records of a folder: runs that go on, and whom other runs have
late, ending                   requests that come late; signals that end the process
"""
