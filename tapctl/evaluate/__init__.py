"""What policies decide, offline: facts, policies, one sign-in → a decision with a trace. All is pure.

facts, situation                   what may be known of a tenant, and of one sign-in; `truth`: or is not
policy, rulebook                   a policy's spec → clauses, made ready for many sign-ins
match                              whether it applies: `audience`, `target`, `conditions`, `device_filter`
controls, strengths, session       what it asks for; `status`: whether that is met, or can be
credential, passes, proof_up       what the service decides by itself, as do `overlays`; `dated`: and when
evaluator, evaluation              all of it for one sign-in; `suites`, `journey`: for several
decision, trace, missing           what comes out: why, and what nobody knows
rules                              every rule by its id, with its source and how far it can be trusted
"""
