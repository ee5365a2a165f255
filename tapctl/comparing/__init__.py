"""How one version of an object compares with another: whom it reaches, what it demands or admits. Pure.

Not which fields differ (diff.py) but what that means, for whoever orders, guards or explains a change.
"""
