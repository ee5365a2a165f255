"""Where the evaluator's facts come from: what documents declare, a snapshot of the tenant, a test's words.

Reading the tenant is in `reading`; everything else is pure.

    specs = specs_of(checked)                  # canonical policies and all else, spelled as facts are
    facts = facts_for(checked)                 # Facts for the evaluator
    book = rulebook(specs.policies, facts)
"""
