"""A plan read as news: what the tenant has differently, since when, by whom, and what it means for safety.

`reading` asks the tenant for evidence; everything else is pure: `events` makes the audit log's records
comparable, `versions` says what a record did to one object, `causes` who made a field what it is, `missing`
what became of an object that is gone, `history` holds all that. `joining` joins it to what differs, `beside`
to what no document declares, `who` to accounts and groups; `meaning` says what it means, by `rules`, and
`news` puts it together.
"""
