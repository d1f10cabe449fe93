"""The campaign that a sceptic would run: ``mirage verify``.

One file for each kind of check; :mod:`studies.verification.campaign` runs them all.
"""
